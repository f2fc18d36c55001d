import { isProduction, nameOf } from './names.ts';
import type { StageSettings } from './stage-settings.ts';

const KEPT_IMAGES = 10;
const POSTGRES_MAJOR = 17;
/**
 * As what tests run, and as most machines that deploy are: the image compiles Lambda's client, which under emulation takes
 * many minutes. Graviton would save a fifth of what the functions of the image cost, which is little (docs/deploy.md).
 */
export const ARCHITECTURE = 'x86_64';
const PLATFORM = 'linux/amd64';

/** The image of the functions and of the task that need PostgreSQL's client tools, by its digest. */
export function createImage({ postgresMajor = POSTGRES_MAJOR }: StageSettings): $util.Output<string> {
  const settings: aws.ecr.RepositoryArgs = {
    name: nameOf('functions'),
    // The tag moves; what is deployed is named by digest.
    imageTagMutability: 'MUTABLE',
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfigurations: [{ encryptionType: 'AES256' }],
    forceDelete: !isProduction(),
  };
  // One that still has images is not removed.
  const repository = new aws.ecr.Repository('Images', settings, { retainOnDelete: isProduction() });
  new aws.ecr.LifecyclePolicy('ImagesKept', {
    repository: repository.name,
    policy: JSON.stringify({
      rules: [
        {
          rulePriority: 1,
          description: `the last ${KEPT_IMAGES}, for going back`,
          selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: KEPT_IMAGES },
          action: { type: 'expire' },
        },
      ],
    }),
  });
  const login = aws.ecr.getAuthorizationTokenOutput({ registryId: repository.registryId });
  const image = new dockerbuild.Image('Image', {
    context: { location: $cli.paths.root },
    dockerfile: { location: `${$cli.paths.root}/functions/container/Dockerfile` },
    platforms: [PLATFORM],
    buildArgs: { PG_MAJOR: String(postgresMajor) },
    tags: [$interpolate`${repository.repositoryUrl}:latest`],
    push: true,
    registries: [
      {
        address: repository.repositoryUrl,
        username: login.userName,
        password: $util.secret(login.password),
      },
    ],
  });
  // Lambda takes a tag or a digest, and `ref` has both.
  return $interpolate`${repository.repositoryUrl}@${image.digest}`;
}
