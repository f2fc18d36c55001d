// What an outer `npm run` hands down of its own call; an install elsewhere must not heed it.
const OF_THE_OUTER_CALL =
  /^npm_config_(workspaces?|include_workspace_root|global|location|prefix|local_prefix|dry_run|package_lock_only|omit|include)$/i;

/** The environment for an npm of ours: registry, proxy and certificates stay as the user has set them. */
export function npmEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OF_THE_OUTER_CALL.test(name)));
}
