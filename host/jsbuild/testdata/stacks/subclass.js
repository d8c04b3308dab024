class HttpError extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.name = "HttpError";
    this.status = status;
  }
}
async function call() {
  await null;
  throw new HttpError(500);
}
exports.onExecutePostUserRegistration = async () => {
  await call();
};
