function sql(parts, ...values) {
  if (values.includes(undefined)) throw new Error("no value");
  return parts;
}
exports.onExecutePostUserRegistration = async (event) => {
  await null;
  return sql`
    select *
    where id = ${event.user.id}
  `;
};
