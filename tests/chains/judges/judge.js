// Node.js: one handshake for each line. Usage: judge.js ROOTS CASES
const fs = require('fs');
const net = require('net');
const tls = require('tls');

const [roots, cases] = process.argv.slice(2);
const ca = fs.readFileSync(roots, 'utf8');

function judge(port, host) {
  return new Promise((resolve) => {
    const checkServerIdentity = (_, certificate) => tls.checkServerIdentity(host, certificate);
    const servername = net.isIP(host) ? '' : host;
    const socket = tls.connect({ host: '127.0.0.1', port, servername, ca, checkServerIdentity }, () => {
      resolve('yes');
      socket.destroy();
    });
    socket.on('error', (error) => resolve('no ' + (error.code || error.message)));
  });
}

(async () => {
  for (const line of fs.readFileSync(cases, 'utf8').trimEnd().split('\n')) {
    const [port, host] = line.split('\t');
    console.log(`${port}\t${await judge(Number(port), host)}`);
  }
})();
