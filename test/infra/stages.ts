/** What the two stages that are looked at have in stages/<stage>: between them every setting that changes what there is. */
export const STAGES = {
  /** Everything of its own, and everything that can be chosen. */
  test: {
    stack: {
      approvers: ['claire', 'dora'],
      recipients: 'age1vfhz29rrd9nr0r4q3mzzl3pgwpnwm8n2vt6cv6tjqfz7r7gkdp7qgmsc5y',
      sensitive: { default: ['public.people'] },
      protected: 'gold.*',
      logDays: 30,
    },
    retention: { rules: [] },
    imports: { rules: [{ prefix: 'inbox/sales/', table: 'public.sales' }] },
    steps: {
      steps: {
        clean: { function: 'clean-sales', tables: ['public.sales'] },
        score: { function: 'arn:aws:lambda:eu-west-1:123456789012:function:score:live', tables: ['public.scores'] },
        train: { machine: 'arn:aws:states:eu-west-1:123456789012:stateMachine:train', tables: ['gold.features'] },
      },
    },
  },
  /** A VPC that is there, with a way out; of the rest the defaults. */
  production: {
    stack: {
      vpc: {
        id: 'vpc-1',
        subnetIds: ['subnet-1', 'subnet-2'],
        databaseSecurityGroupId: 'sg-database',
      },
      webhook: true,
      rdsUsers: ['arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFGHIJKL/datasens'],
    },
  },
} as const;

export type StageName = keyof typeof STAGES;
export const STAGE_NAMES = Object.keys(STAGES) as StageName[];
