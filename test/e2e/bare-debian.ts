import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const ROOT = new URL('../..', import.meta.url).pathname;

// A copy-on-write copy of this machine, in namespaces of its own: what is installed in it is gone with its last
// process, and no process outside can be seen from it.
const ENTER = `
world=$(mktemp -d)
mount -t tmpfs world "$world"
mkdir "$world/upper" "$world/work" "$world/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$world/upper,workdir=$world/work" "$world/root"
for folder in proc dev sys; do mount --rbind "/$folder" "$world/root/$folder"; done
exec chroot "$world/root" /bin/sh -ec "$INSIDE"
`;

// The packages' own removal would stop servers; and dpkg must believe that they were never there.
const REMOVE_POSTGRESQL = `
rm -rf /usr/lib/postgresql /usr/lib/*-linux-*/libpq.so* /usr/bin/psql /usr/bin/pg_*
rm -rf /var/cache/datasens /var/lib/datasens
awk 'BEGIN { RS = ""; ORS = "\\n\\n" } !/^Package: (postgresql|libpq)/' /var/lib/dpkg/status >/var/lib/dpkg/bare
mv /var/lib/dpkg/bare /var/lib/dpkg/status
mkdir -m 755 /visitor
`;

/** A shell's command line that runs as root or as an ordinary user who has just been created. */
const AS = {
  root: 'exec env -u XDG_CACHE_HOME -u PG_BIN_DIR HOME=/visitor sh -ec "$SCRIPT"',
  visitor: `useradd --home-dir /visitor visitor; chown visitor: /visitor
    exec env -u XDG_CACHE_HOME -u PG_BIN_DIR HOME=/visitor \\
      setpriv --reuid visitor --regid visitor --clear-groups sh -ec "$SCRIPT"`,
};

/**
 * Runs a shell script in the clone, on this machine as it would be without PostgreSQL: as root, or as a new ordinary
 * user; the home is empty. Returns what it prints. Only for root, on Debian or Ubuntu.
 */
export async function inBareDebian(user: keyof typeof AS, script: string): Promise<string> {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', '--mount-proc'];
  const inside = `${REMOVE_POSTGRESQL}\ncd '${ROOT}'\n${AS[user]}`;
  // What an npm outside says of itself, its cache among others, is not for the one inside.
  const outer = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const env = { ...Object.fromEntries(outer), INSIDE: inside, SCRIPT: script };
  const { stdout } = await promisify(execFile)('unshare', [...namespaces, 'sh', '-ec', ENTER], {
    env,
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}
