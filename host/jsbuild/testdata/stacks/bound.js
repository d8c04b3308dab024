class Queue {
  jobs = [];
  add = async (job) => {
    await null;
    this.jobs.push(job.id.value);
  };
}
exports.onExecutePostUserRegistration = async () => {
  const { add } = new Queue();
  await add({});
};
