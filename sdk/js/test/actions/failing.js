class CrmError extends Error {
  constructor(message) {
    super(message);
    this.name = "CrmError";
    this.code = "E_CRM";
  }
}

exports.onExecutePostUserRegistration = async () => {
  throw new CrmError("no room");
};
