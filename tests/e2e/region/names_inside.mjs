// In a network of its own: a name server that is not the region's, and a region whose instance asks for names.
//   names_inside.mjs serve ADDRESS          knows foreign.example and wiki.corp.example
//   names_inside.mjs check DIRECTORY WAY    as names.sh says
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { execFile } from 'node:child_process';

const foreign = { 'foreign.example': [192, 0, 2, 7], 'wiki.corp.example': [192, 0, 2, 8] };

function answer(query) {
  let end = 12;
  const labels = [];
  for (; query[end] !== 0; end += query[end] + 1) labels.push(query.toString('latin1', end + 1, end + 1 + query[end]));
  const question = query.subarray(12, end + 5);
  const address = foreign[labels.join('.').toLowerCase()];
  const given = address !== undefined && query.readUInt16BE(end + 1) === 1;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | (address === undefined ? 3 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(given ? 1 : 0, 6);
  const record = given ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address]) : Buffer.alloc(0);
  return Buffer.concat([header, question, record]);
}

function serve(address) {
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => socket.send(answer(query), peer.port, peer.address));
  socket.bind(53, address, () => console.log('ready'));
}

async function check(directory, way) {
  let checks = 0;
  const state = `${directory}/own/state`;
  const run = (file, args) => new Promise((resolve) => {
    execFile(file, args, { timeout: 90_000 }, (error, out, err) => resolve({ code: error ? error.code ?? -1 : 0, out, err }));
  });
  const nubo = async (...args) => {
    const result = await run(`${directory}/nubo`, [...args, '--state', state]);
    assert.equal(result.code, 0, `nubo ${args.join(' ')}: ${result.err}${result.out}`);
    return result.out;
  };
  const up = (address) => nubo('up', `${directory}/names.yaml`, '--name', 'names', '--yes', '--param', `Address=${address}`,
    '--http-address', '127.0.0.1:8080', '--dns-address', '127.0.0.1:10053');
  const until = async (what, look) => {
    for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const seen = await look();
      if (seen.good) break;
      assert.ok(Date.now() < end, `waited for ${what}, saw ${JSON.stringify(seen)}`);
    }
    ++checks;
  };
  try {
    await up('127.9.9.9');
    const [{ outputs }] = JSON.parse(await nubo('get', 'stacks', '-o', 'json')).stacks;
    const output = (key) => outputs.find((one) => one.key === key).value;
    const inside = (...command) =>
      run(`${directory}/nubo`, ['exec', '-T', '--state', state, output('Instance'), '--', ...command]);
    const same = (seen, wanted, what) => {
      assert.equal(seen, wanted, what);
      ++checks;
    };
    const says = async (command, wanted) => {
      const { code, out, err } = await inside(...command);
      same(`${out.trim()}${err.trim()} ${code}`, wanted, command.join(' '));
    };
    const python = (program) => ['python3', '-c', `import socket; ${program}`];
    const addresses = (name) => python(`print(*sorted({a[4][0] for a in socket.getaddrinfo('${name}', 80)}))`);

    // What is to be seen depends on who answers, the answers do not.
    const asks = way === 'resolver';
    await until('the resolver', async () => {
      const { out } = await inside('cat', '/etc/resolv.conf');
      return { good: /^nameserver 127\.\d+\.0\.2\nnameserver 127\.0\.0\.1$/m.test(out) === asks, out };
    });
    const status = JSON.parse(await nubo('status', '-o', 'json'));
    const { health, seen } = status.checks.find(({ what }) => what === 'names');
    same(health, way === 'taken' ? 'warning' : 'ok', seen);
    assert.match(seen, { resolver: /^instances ask 127\.\d+\.0\.2:53$/, taken: /\/etc\/hosts: .*in use/, user: /\/etc\/hosts: nobody listens/ }[way]);
    const { out: hosts } = await inside('cat', '/etc/hosts');
    same(hosts.includes('api.shop.example'), !asks, hosts);

    await says(['getent', 'hosts', 'api.shop.example'], '127.9.9.9       api.shop.example 0');
    await says(addresses('api.shop.example'), '127.9.9.9 0');
    const { out: balancer } = await inside(...addresses(output('Balancer')));
    assert.match(balancer, /^127\.\d+\.1\.\d+ 127\.\d+\.2\.\d+\n$/);
    await says(addresses('www.shop.example'), `${balancer.trim()} 0`);
    await says(['curl', '-sS', 'http://www.shop.example:8088/'], 'from the balancer 0');
    await says(['curl', '-sS', `http://${output('Balancer')}:8088/`], 'from the balancer 0');
    // It is MySQL's server that speaks first.
    await says(python(`print(len(socket.create_connection(('${output('Database')}', 3306), 5).recv(4)))`), '4 0');
    await says(['getent', 'hosts', 'nobody.shop.example'], ' 2');
    await says(['getent', 'hosts', 'nobody.elsewhere.example'], ' 2');
    await says(addresses('foreign.example'), '192.0.2.7 0');
    await says(['getent', 'hosts', 'foreign.example'], '192.0.2.7       foreign.example 0');
    await says(['getent', 'hosts', 'wiki'], '192.0.2.8       wiki.corp.example 0');
    await says(['sh', '-c', 'echo x 2>/dev/null > /etc/resolv.conf || echo unwritable'], 'unwritable 0');

    // What the instance has seen since it started is what it sees change.
    await up('127.9.9.10');
    await until('the new address', async () => {
      const { out } = await inside('getent', 'hosts', 'api.shop.example');
      return { good: out.startsWith('127.9.9.10 '), out };
    });
  } finally {
    await run(`${directory}/nubo`, ['down', '--yes', '--data', '--state', state]);
  }
  console.log(`${checks} checks passed`);
}

const [mode, ...rest] = process.argv.slice(2);
await { serve, check }[mode](...rest);
