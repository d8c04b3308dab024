// An error of its own class marks the failure.
class SyncError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "SyncError";
    this.code = "E_SYNC";
  }
}

exports.onExecutePostUserRegistration = async (event) => {
  const response = await fetch(event.secrets.BASE + "/status/500", { method: "PATCH", headers: [["X-A", "1"], ["x-a", "2"]] });
  const problem = await response.json();
  throw new SyncError(`not in the database: ${problem.error}. Manual sync of ${event.user.user_id} may be required.`, { cause: problem });
};
