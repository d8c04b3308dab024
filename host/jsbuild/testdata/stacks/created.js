class Mailer {
  constructor(options) {
    this.host = options.host.name;
  }
}
exports.onExecutePostUserRegistration = async (event) => {
  await null;
  const mailer = new Mailer(
    Object.assign({
      from: event.user.email,
    }),
  );
  return mailer;
};
