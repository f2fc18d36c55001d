/** Kills the process that leads a group, and all that it has started, unless that has left the group. */
export function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
}
