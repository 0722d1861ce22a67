const fs = require("fs");
const hoodiecrow = require("/opt/node/node_modules/hoodiecrow-imap");

const options = { plugins: ["STARTTLS", "ID", "ENABLE", "IDLE", "LITERALPLUS"] };
%certificate options.credentials = { key: fs.readFileSync("@KEY@"), cert: fs.readFileSync("@CHAIN@") };
hoodiecrow(options).listen(143);
hoodiecrow({ ...options, secureConnection: true }).listen(993);
