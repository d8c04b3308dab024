const format = (user) => user.name.first;

function build(list, done) {
  return done(list);
}
exports.onExecutePostUserRegistration = async (event) => {
  await null;
  const result = build(
    [
      event.user,
      new Date(0),
    ],
    (list) => {
      return list.map((one) =>
        format(
          one,
        ),
      );
    },
  );
  return result;
};
