class Query {
  from(name) {
    this.name = name;
    return this;
  }
  where(test) {
    this.test = test.column.length;
    return this;
  }
}
exports.onExecutePostUserRegistration = async () => {
  return new Query()
    .from("users")
    .where({})
    .from("others");
};
