// A viewer or feeder made of nothing but a stock socket.io client.
//   node listen.mjs URL NAMESPACE PACKAGE TRANSPORTS AUTH      TRANSPORTS: "default", or names joined by commas; AUTH: JSON
// Prints one JSON object a line: {"event", "args"}; bytes are {"base64"}. Reads {"emit": name, "args": [...], "ack": true}.
import { createInterface } from "node:readline";

const [url, namespace, client, transports, auth] = process.argv.slice(2);
const { io } = await import(client);
const options = { reconnection: false, auth: JSON.parse(auth) };
if (transports !== "default") options.transports = transports.split(",");
const socket = io(url + namespace, options);

const plain = (value) => (Buffer.isBuffer(value) ? { base64: value.toString("base64") } : value);
const say = (event, ...args) => console.log(JSON.stringify({ event, args: args.map(plain) }));

socket.io.engine.on("upgrade", (transport) => say("upgrade", transport.name));
socket.on("connect", () => say("connect", socket.io.engine.transport.name));
socket.on("connect_error", (error) => say("connect_error", error.message, error.data ?? null));
socket.on("disconnect", (reason) => say("disconnect", reason));
socket.onAny(say);

createInterface({ input: process.stdin }).on("line", (line) => {
  const { emit, args = [], ack = false } = JSON.parse(line);
  if (ack) socket.emit(emit, ...args, (...answer) => say(`ack ${emit}`, ...answer));
  else socket.emit(emit, ...args);
});
