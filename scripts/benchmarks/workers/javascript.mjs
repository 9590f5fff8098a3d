// The official client for JavaScript at work under Node; see `blocking.py`.
// `node javascript.mjs MODULE TASK ADDRESS OPTIONS` prints one JSON object.
import { openAsBlob, readFileSync, writeFileSync, existsSync } from "node:fs";

const [module, task, address, given] = process.argv.slice(2);
const options = JSON.parse(given);
const { Client } = await import(module);
const WARMING = 3;
const STATUS = "/proc/self/status";

function status(name) {
  if (!existsSync(STATUS)) return process.memoryUsage.rss() / 1024;
  const line = readFileSync(STATUS, "utf8").split("\n").find((each) => each.startsWith(name));
  return Number(line.split(/\s+/)[1]);
}

class Meter {
  constructor() {
    this.memory = status("VmRSS");
    if (existsSync(STATUS)) writeFileSync("/proc/self/clear_refs", "5");
    this.times = [];
    this.cpu = process.cpuUsage();
    this.begin = performance.now();
  }

  seconds() {
    return (performance.now() - this.begin) / 1e3;
  }

  read(wanted, done) {
    const { user, system } = process.cpuUsage(this.cpu);
    const figures = {
      wall: this.seconds(),
      cpu: (user + system) / 1e6,
      memory: (status("VmHWM") - this.memory) / 1024,
      threads: existsSync(STATUS) ? status("Threads") : 0,
      done,
      lost: wanted - done,
    };
    if (this.times.length) {
      const times = this.times.sort((one, other) => one - other);
      figures.p50 = times[Math.floor(times.length / 2)];
      figures.p99 = times[Math.floor((times.length * 99) / 100)];
    }
    return figures;
  }
}

const connect = () => Client.connect(address, { events: ["data"] });
const client = await connect();
const late = (meter) => meter.seconds() > options.patience;
const pause = (seconds) => new Promise((resume) => setTimeout(resume, seconds * 1e3));

async function call(endpoint, value) {
  return (await client.predict(endpoint, [value])).data[0];
}

async function warm() {
  for (let number = 0; number < WARMING; number++) await call("/echo", "hello");
}

async function repeat(one) {
  const meter = new Meter();
  let done = 0;
  for (let number = 0; number < options.jobs && !late(meter); number++) {
    const begin = performance.now();
    done += (await one(number)) ? 1 : 0;
    meter.times.push((performance.now() - begin) / 1e3);
  }
  return meter.read(options.jobs, done);
}

const tasks = {
  async cold() {
    await call("/echo", "hello");
    const { user, system } = process.cpuUsage();
    return { cpu: (user + system) / 1e6, done: 1, lost: 0 };
  },

  async echo() {
    await warm();
    return repeat(async () => (await call("/echo", "hello")) === "hello");
  },

  async flight() {
    await warm();
    const meter = new Meter();
    let done = 0;
    const all = Array.from({ length: options.jobs }, async (_, number) => {
      const came = await call("/echo", `${number}`); // `done += await` would read `done` too early
      done += came === `${number}` ? 1 : 0;
    });
    await Promise.race([Promise.allSettled(all), pause(options.patience)]);
    return meter.read(options.jobs, done);
  },

  async stream() {
    await warm();
    const meter = new Meter();
    let done = 0;
    for await (const message of client.submit(options.endpoint, [options.outputs])) {
      done += message.type === "data" ? 1 : 0;
      if (late(meter)) break;
    }
    return meter.read(options.outputs, Math.min(done, options.outputs));
  },

  async result() {
    await warm();
    const meter = new Meter();
    await client.predict(options.endpoint, [options.outputs]);
    return meter.read(options.outputs, options.outputs);
  },

  async upload() {
    await warm();
    return repeat(async (number) => {
      const file = await openAsBlob(`${options.files}/${number}.bin`);
      return Boolean(await call("/size", file));
    });
  },

  async clients() {
    await warm();
    const every = [];
    return repeat(async () => {
      every.push(await connect());
      return (await every.at(-1).predict("/echo", ["hello"])).data[0] === "hello";
    });
  },

  async idle() {
    await warm();
    const meter = new Meter();
    await pause(options.seconds);
    return meter.read(1, 1);
  },
};

const figures = await tasks[task]();
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));
