/// <reference path="./.sst/platform/config.d.ts" />

/** The stack on AWS: docs/deploy.md. SST wants no import up here. */
export default $config({
  app({ stage }) {
    const isProduction = stage === 'production';
    return {
      name: 'datasens',
      home: 'aws',
      // Nothing of production goes by a command that was typed on the wrong stage.
      protect: isProduction,
      removal: isProduction ? 'retain' : 'remove',
      providers: { 'docker-build': '0.0.14' },
    };
  },
  async run() {
    const { createStack } = await import('./infra/stack.ts');
    return createStack();
  },
});
