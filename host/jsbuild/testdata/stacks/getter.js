const user = {
  get email() {
    return this.emails[0];
  },
};
exports.onExecutePostUserRegistration = async () => {
  await null;
  return user.email;
};
