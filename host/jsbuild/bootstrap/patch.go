package bootstrap

import "github.com/usherhost/usher/host/wasmbin"

// The engine's functions, by the indexes that its file gives them, and code of patches.
const (
	callInternal   = 92   // JS_CallInternal
	copyProperties = 129  // JS_CopyDataProperties(context, target, source, excluded, set)
	enqueueJob     = 60   // JS_EnqueueJob(context, job, argc, argv)
	performThen    = 438  // perform_promise_then(context, promise, reactions, capability)
	parsePostfix   = 1082 // js_parse_postfix_expr
	parseUnary     = 1086 // js_parse_unary
	parseStatement = 999  // js_parse_statement_or_decl

	saveLast       = " local.get 0 i32.load 4 local.set line local.get 0 i32.load 8 local.set column "   // of the token before
	savePosition   = " local.get 0 i32.load 28 local.set line local.get 0 i32.load 32 local.set column " // of the token
	emitSaved      = " local.get 0 i32.load 96 local.get line local.get column call 1078 "               // emit_source_loc_at(function, line, column)
	emitFor        = " local.get 4 local.get 22 local.get 21 call 1078 "
	advance        = " local.get 0 call 674 br_if * "
	openingBracket = " local.get 5 i32.const 40 i32.eq local.get 10 i32.and i32.eqz br_if * end "
	loopPoll       = " local.get 7 call 93 br_if * "
	operand        = advance + " local.get 0 i32.const 8 call 1086 br_if * "
	emitAwait      = " local.get 0 i32.const 96 i32.add local.tee 0 i32.load 0 i32.const 138 call 679 "
	nextOf         = " local.get 4 i32.const 129 call 679 "
	nextAwaitOf    = " local.get 4 i32.const 20 call 679 local.get 2 i32.load 0 i32.const 14 call 679 local.get 2 i32.load 0 i32.const 36 call 679 "
	getField       = " local.get 3 i32.load 0 i32.const 64 call 679 local.get 0 local.get 0 i32.load 48 call 681 "
	emitOptional   = " local.get 3 i32.load 0 i32.const 14 call 679 "
	emitSource     = " local.get 0 call 1070 "
	loadFunction   = " local.get 3 i32.load 0 local.set 1 "
)

// patches are what stacks, profiles and storages need of the engine.
var patches = wasmbin.Patches{
	Imports: []wasmbin.Import{ // of the glue
		hook("usher_reactions", []byte{wasmbin.TypeI32}, wasmbin.TypeI32),
		hook("usher_source", []byte{wasmbin.TypeI64}, wasmbin.TypeI64),
		hook("usher_job", []byte{wasmbin.TypeI32, wasmbin.TypeI32}, wasmbin.TypeI32),
	},
	Patches: []wasmbin.Patch{
		{Function: performThen, Why: "the glue gets the reactions of a promise first, of each await too, so that they carry storages", Edits: []wasmbin.Edit{
			{With: "local.get 2 call usher_reactions local.set 2"},
		}},
		{Function: enqueueJob, Why: "the glue gets the arguments of a job first: a thenable's then carries storages", Edits: []wasmbin.Edit{
			{With: "local.get 2 local.get 3 call usher_job local.set 3"},
		}},
		{Function: copyProperties, Why: "the glue gets the source of a spread first: that of a string is an object", Edits: []wasmbin.Edit{
			{With: "local.get 2 call usher_source local.set 2"},
		}},
		{Function: callInternal, Why: "a jump back writes where it is into the frame, as a call does: a sample of a loop has its line", Edits: []wasmbin.Edit{
			replace(loopPoll, "local.get 16 local.get 6 i32.store 28"+loopPoll, 7),
		}},
		{Function: parsePostfix, Why: "a call has the position of the word before its arguments, not of the last of these; a property has its own", Locals: []string{"line", "column"}, Edits: []wasmbin.Edit{
			replace(openingBracket+advance, openingBracket+saveLast+advance, 1),
			replace(emitSource+"i32.const 0 local.set 7", "local.get 2 i32.const 3 i32.eq if"+saveLast+"end"+emitSaved+"i32.const 0 local.set 7", 1), // 3 is a template
			replace(emitOptional+"block", emitOptional+emitSaved+"block", 1),
			replace(loadFunction+"block", emitSaved+loadFunction+"block", 1),
			replace(getField, emitSource+getField, 1),
		}},
		{Function: parseStatement, Why: "the next step of a loop over an iterator has the loop's position, not that of its body's end", Edits: []wasmbin.Edit{
			replace(nextOf, emitFor+nextOf, 1),
			replace(nextAwaitOf, emitFor+nextAwaitOf, 1),
		}},
		{Function: parseUnary, Why: "an await has its own position, not that of what it awaits", Locals: []string{"line", "column"}, Edits: []wasmbin.Edit{
			replace(operand+emitAwait, savePosition+operand+emitSaved+emitAwait, 1),
		}},
	},
}

// replace is an edit: so many times, this with that.
func replace(find, with string, times int) wasmbin.Edit {
	return wasmbin.Edit{Find: find, With: with, Times: times}
}

func hook(name string, params []byte, result byte) wasmbin.Import {
	return wasmbin.Import{Module: "env", Name: name, Kind: wasmbin.KindFunction, Type: wasmbin.FuncType{Params: params, Results: []byte{result}}}
}
