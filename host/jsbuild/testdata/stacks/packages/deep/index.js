const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

exports.fail = async function fail(why) {
  await sleep(1);
  return check(why);
};

function check(why) {
  throw new TypeError(why);
}

exports.later = function later(callback) {
  setTimeout(() => callback(1), 1);
};

exports.each = (list, callback) => list.forEach((one) => callback(one));

exports.Client = class Client {
  constructor(options) {
    if (!options.key) throw new Error("no key");
    this.options = options;
  }
  async send(message) {
    await this.#open();
    return this.deliver(message);
  }
  async #open() {
    await null;
  }
  deliver(message) {
    return JSON.parse(message);
  }
};
