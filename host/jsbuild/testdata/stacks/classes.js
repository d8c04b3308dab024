class Base {
  constructor() {
    this.check();
  }
  check() {
    if (!this.name) throw new Error("nameless");
  }
}
class User extends Base {
  constructor(name) {
    super(name);
  }
  static async load() {
    await null;
    return new User();
  }
}
exports.onExecutePostUserRegistration = async () => {
  await User.load();
};
