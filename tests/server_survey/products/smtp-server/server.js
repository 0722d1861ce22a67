const fs = require("fs");
const { SMTPServer } = require("/opt/node/node_modules/smtp-server");

const options = { name: "@NAME@", authOptional: true, logger: true };
%certificate Object.assign(options, { key: fs.readFileSync("@KEY@"), cert: fs.readFileSync("@CHAIN@") });
new SMTPServer(options).listen(25);
new SMTPServer(options).listen(587);
%certificate new SMTPServer({ ...options, secure: true }).listen(465);
