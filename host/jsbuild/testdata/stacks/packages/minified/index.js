exports.a=async function(n){await null;if(n)throw new Error("small")};exports.b=function(){return exports.a(1)};
