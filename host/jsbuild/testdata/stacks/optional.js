const tools = {
  run(task) {
    return task.steps.length;
  },
};
exports.onExecutePostUserRegistration = async () => {
  await null;
  return tools?.run?.(
    Object.assign(
      {},
      { a: 1 },
    ),
  );
};
