// Who may log in to a database: its master user with its password, whom he made, and nobody else; also after an upgrade
// from when the installer's accounts stayed, and from wherever somebody tries.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { Region } from './region.mjs';
import { runAll, test } from './runner.mjs';

const region = await Region.make();
const scratch = mkdtempSync('/tmp/nubo-e2e-accounts-');
const PASSWORD = 'a-password-of-a-test';
// Accounts that installers have made somewhere, beside those that the server tells.
const USUAL = ['', 'root', 'mysql', 'mariadb.sys', 'admin', 'test', 'debian-sys-maint', 'PUBLIC'];

mkdirSync(`${scratch}/image`);
writeFileSync(`${scratch}/image/readme`, 'nothing\n');
writeFileSync(`${scratch}/template.yaml`, `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: database, VpcId: !Ref Vpc}}
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      DBInstanceClass: db.t3.micro
      AllocatedStorage: '20'
      MasterUsername: admin
      MasterUserPassword: ${PASSWORD}
      VPCSecurityGroups: [!Ref Group]
  Client:
    Type: AWS::EC2::Instance
    Properties: {ImageId: client, SubnetId: !Ref Subnet, UserData: !Base64 "#!/bin/sh\\nexec sleep 100000\\n"}
`);

const up = () => region.up([`${scratch}/template.yaml`, '--name', 'accounts', '--image', `client=${scratch}/image`]);

function run(program, args, { input = '', ...options } = {}) {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 20_000, ...options }, (error, out, err) =>
      resolve({ code: error ? error.code ?? -1 : 0, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

async function database() {
  const [found] = await region.get('databases');
  return { address: found.endpoint.loopbackAddress, port: String(found.endpoint.port), directory: found.dataDirectory };
}

const client = (at, user, password, statement) => [
  '--no-defaults', '-h', at.address, '-P', at.port, '-u', user, ...(password ? [`-p${password}`] : ['--skip-password']),
  '--connect-timeout=5', '-N', '-B', '-e', statement];

// Every account of the server, and the usual ones.
async function names(at) {
  const { code, out, err } = await run('mariadb', client(at, 'admin', PASSWORD, 'SELECT DISTINCT User FROM mysql.global_priv'));
  assert.equal(code, 0, err);
  return [...new Set([...out.split('\n').slice(0, -1), ...USUAL])];
}

async function nobodyGetsInWithoutPassword() {
  const at = await database();
  const [instance] = await region.get('instances');
  const tried = await names(at);
  assert.ok(tried.includes('admin') && tried.includes('mariadb.sys'), tried.join());
  for (const user of tried) {
    const fromHost = await run('mariadb', client(at, user, '', 'SELECT CURRENT_USER()'));
    assert.match(fromHost.err, /ERROR 1045|ERROR 4151|ERROR 1698/, `'${user}' from the host: ${fromHost.out}${fromHost.err}`);
    const inside = await region.raw(['exec', '--state', region.state, '-T', instance.instanceId, '--', 'mariadb',
      ...client(at, user, '', 'SELECT CURRENT_USER()')]);
    assert.match(inside.err + inside.out, /ERROR 1045|ERROR 4151|ERROR 1698/, `'${user}' from an instance: ${inside.out}${inside.err}`);
  }
  // Its socket is the host's administrator's only, and lets nobody in either.
  const sockets = readdirSync(`${region.state}/svc`).map((name) => `${region.state}/svc/${name}/sock`).filter(existsSync);
  assert.equal(sockets.length, 1);
  for (const user of tried) {
    const { err, out } = await run('mariadb', ['--no-defaults', '-S', sockets[0], '-u', user, '--skip-password', '-e', 'SELECT 1']);
    assert.match(err, /ERROR/, `'${user}' over ${sockets[0]}: ${out}`);
  }
}

test('of a new database only the master user knows a password, and no account goes without', async () => {
  const { code, err } = await up();
  assert.equal(code, 0, err);
  await nobodyGetsInWithoutPassword();
}, { seconds: 90 });

// As RDS: whoever has the master user's password can neither end the server nor read its files.
async function masterIsNotRoot() {
  const at = await database();
  const shown = await run('mariadb', client(at, 'admin', PASSWORD, 'SHOW GRANTS'));
  assert.match(shown.out, /^GRANT SELECT, INSERT, .* CREATE USER, .* ON \*\.\* TO `admin`@`%` .* WITH GRANT OPTION$/m);
  assert.doesNotMatch(shown.out, /ALL PRIVILEGES|SUPER|SHUTDOWN|FILE/);
  for (const statement of ['SHUTDOWN', "SELECT * FROM mysql.user INTO OUTFILE '/tmp/nubo-e2e-outfile'",
    "GRANT SHUTDOWN ON *.* TO admin@'%'", 'SET GLOBAL max_connections = 1']) {
    const { err } = await run('mariadb', client(at, 'admin', PASSWORD, statement));
    assert.match(err, /ERROR 1045|ERROR 1227/, `${statement}: ${err}`);
  }
}

test('the master user has what RDS gives it and no more', masterIsNotRoot);

test('whom the master user makes stays over a restart', async () => {
  const at = await database();
  const made = await run('mariadb', client(at, 'admin', PASSWORD, "CREATE USER app@'%' IDENTIFIED BY 'another-word'; CREATE ROLE reader"));
  assert.equal(made.code, 0, made.err);
  assert.equal((await region.run(['down', '--name', 'accounts'])).code, 0);
  assert.equal((await up()).code, 0);
  const { code, err } = await run('mariadb', client(await database(), 'app', 'another-word', 'SELECT 1'));
  assert.equal(code, 0, err);
  const roles = await run('mariadb', client(await database(), 'admin', PASSWORD, "SELECT User FROM mysql.global_priv WHERE User = 'reader'"));
  assert.equal(roles.out, 'reader\n');
  await nobodyGetsInWithoutPassword();
}, { seconds: 90 });

test('data of a former version are served without the installer\'s accounts, and with the same rights', async () => {
  assert.equal((await region.run(['down', '--name', 'accounts'])).code, 0);
  const data = `${region.state}/data/accounts/Database/mysql`;
  const { uid, gid } = statSync(data);
  const root = process.getuid() === 0;
  const input = `INSERT INTO mysql.global_priv VALUES ('127.0.0.1', 'root', '{"access":18446744073709551615}');
INSERT INTO mysql.global_priv VALUES ('%', 'left', '{"access":0,"plugin":"mysql_native_password","authentication_string":""}');
UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.access', 18446744073709551615) WHERE User = 'admin';
`;
  const old = await run('/usr/sbin/mariadbd', ['--no-defaults', ...(root ? ['--user=root'] : []), '--bootstrap', `--datadir=${data}`, '--tmpdir=/tmp', '--skip-name-resolve'],
    { input });
  if (root) await run('chown', ['-R', `${uid}:${gid}`, data]);
  assert.equal(old.code, 0, old.err);
  rmSync(`${data}/nubo-accounts`);
  const { code, err } = await up();
  assert.equal(code, 0, err);
  const at = await database();
  assert.deepEqual((await names(at)).filter((user) => user === 'left'), []);
  const roots = await run('mariadb', client(at, 'admin', PASSWORD, "SELECT COUNT(*) FROM mysql.global_priv WHERE User = 'root'"));
  assert.equal(roots.out, '0\n');
  await nobodyGetsInWithoutPassword();
  await masterIsNotRoot();
}, { seconds: 90 });

await runAll('database_accounts_test', async () => {
  rmSync(scratch, { recursive: true, force: true });
  await region.end();
}, Region.killAll);
