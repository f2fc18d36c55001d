/** Not what is called. */
export function handle() {
  return 1;
}
