package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// patch is a change of one of the engine's functions, in the text format of binaryen.
type patch struct {
	function string
	why      string
	edits    []edit
}

// edit replaces what occurs so many times. White space does not matter.
type edit struct {
	old, new string
	times    int
}

// The engine's functions, by the numbers that its file gives them.
const (
	callInternal   = "$80"   // JS_CallInternal
	copyProperties = "$117"  // JS_CopyDataProperties(context, target, source, excluded, set)
	enqueueJob     = "$48"   // JS_EnqueueJob(context, job, argc, argv)
	performThen    = "$426"  // perform_promise_then(context, promise, reactions, capability)
	parsePostfix   = "$1070" // js_parse_postfix_expr
	parseUnary     = "$1074" // js_parse_unary
	parseStatement = "$987"  // js_parse_statement_or_decl
	emitPosition   = "$1066" // emit_source_loc_at(function, line, column)
	saved          = "(local $line i32) (local $column i32)"
	saveLast       = "(local.set $line (i32.load offset=4 (local.get $0))) (local.set $column (i32.load offset=8 (local.get $0)))"   // of the token before
	savePosition   = "(local.set $line (i32.load offset=28 (local.get $0))) (local.set $column (i32.load offset=32 (local.get $0)))" // of the token
	emitSaved      = "(call " + emitPosition + " (i32.load offset=96 (local.get $0)) (local.get $line) (local.get $column))"
	advance        = "(br_if $block21 (call $662 (local.get $0)))"
	openingBracket = "(br_if $block60 (i32.eqz (i32.and (i32.eq (local.get $5) (i32.const 40)) (local.get $10)))))"
	loopPoll       = "(br_if $block234 (call $81 (local.get $7)))"
	operand        = "(br_if $block8 (call $662 (local.get $0))) (br_if $block8 (call $1074 (local.get $0) (i32.const 8)))"
	emitAwait      = "(call $667 (i32.load (local.tee $0 (i32.add (local.get $0) (i32.const 96)))) (i32.const 138))"
	nextOf         = "(call $667 (local.get $4) (i32.const 129))"
	nextAwaitOf    = "(call $667 (local.get $4) (i32.const 20)) (call $667 (i32.load (local.get $2)) (i32.const 14)) (call $667 (i32.load (local.get $2)) (i32.const 36))"
	emitFor        = "(call " + emitPosition + " (local.get $4) (local.get $22) (local.get $21))"
	getField       = "(call $667 (i32.load (local.get $3)) (i32.const 64)) (call $669 (local.get $0) (i32.load offset=48 (local.get $0)))"
)

// hooks are functions of the glue that the patches call.
const hooks = ` (import "env" "usher_reactions" (func $usher_reactions (param i32) (result i32)))
 (import "env" "usher_source" (func $usher_source (param i64) (result i64)))
 (import "env" "usher_job" (func $usher_job (param i32 i32) (result i32)))
`

// patches are what stacks, profiles and storages need of the engine.
var patches = []patch{
	{performThen, "the glue gets the reactions of a promise first, of each await too, so that they carry storages", []edit{
		{"(local $10 i64) (global.set", "(local $10 i64) (local.set $2 (call $usher_reactions (local.get $2))) (global.set", 1},
	}},
	{enqueueJob, "the glue gets the arguments of a job first: a thenable's then carries storages", []edit{
		{"(local $6 i64) (if", "(local $6 i64) (local.set $3 (call $usher_job (local.get $2) (local.get $3))) (if", 1},
	}},
	{copyProperties, "the glue gets the source of a spread first: that of a string is an object", []edit{
		{"(local $15 i32) (global.set", "(local $15 i32) (local.set $2 (call $usher_source (local.get $2))) (global.set", 1},
	}},
	{callInternal, "a jump back writes where it is into the frame, as a call does: a sample of a loop has its line", []edit{
		{loopPoll, "(i32.store offset=28 (local.get $16) (local.get $6)) " + loopPoll, 7},
	}},
	{parsePostfix, "a call has the position of the word before its arguments, not of the last of these; a property has its own", []edit{
		{"(local $13 i64)", "(local $13 i64) " + saved, 1},
		{openingBracket + " " + advance, openingBracket + " " + saveLast + " " + advance, 1},
		{
			"(call $1058 (local.get $0)) (local.set $7 (i32.const 0))",
			"(if (i32.eq (local.get $2) (i32.const 3)) (then " + saveLast + ")) " + emitSaved + " (local.set $7 (i32.const 0))", 1, // 3 is a template
		},
		{"(call $667 (i32.load (local.get $3)) (i32.const 14)) (block $block85", "(call $667 (i32.load (local.get $3)) (i32.const 14)) " + emitSaved + " (block $block85", 1},
		{"(local.set $1 (i32.load (local.get $3))) (block $block89", emitSaved + " (local.set $1 (i32.load (local.get $3))) (block $block89", 1},
		{getField, "(call $1058 (local.get $0)) " + getField, 1},
	}},
	{parseStatement, "the next step of a loop over an iterator has the loop's position, not that of its body's end", []edit{
		{nextOf, emitFor + " " + nextOf, 1},
		{nextAwaitOf, emitFor + " " + nextAwaitOf, 1},
	}},
	{parseUnary, "an await has its own position, not that of what it awaits", []edit{
		{"(param $1 i32) (result i32)", "(param $1 i32) (result i32) " + saved, 1},
		{operand + " " + emitAwait, savePosition + " " + operand + " " + emitSaved + " " + emitAwait, 1},
	}},
}

// patchEngine applies the patches to quickjs.wasm.
func (l *linker) patchEngine(engine []byte) []byte {
	if l.err != nil {
		return nil
	}
	l.err = l.root.WriteFile("original.wasm", engine, 0o600)
	l.run("wasm-dis", "original.wasm", "-o", "original.wat")
	if l.err != nil {
		return nil
	}
	text, err := l.root.ReadFile("original.wat")
	if err != nil {
		l.err = err
		return nil
	}
	patched, err := applyPatches(string(text))
	if err == nil {
		err = l.root.WriteFile("patched.wat", []byte(patched), 0o600)
	}
	if l.err = err; err != nil {
		return nil
	}
	l.run("wasm-as", "patched.wat", "-o", "patched.wasm")
	if l.err != nil {
		return nil
	}
	engine, l.err = l.root.ReadFile("patched.wasm")
	return engine
}

// applyPatches returns the text of the engine with its functions patched.
func applyPatches(text string) (string, error) {
	text = strings.Replace(text, "\n (import ", "\n"+hooks+" (import ", 1)
	for _, p := range patches {
		begin := strings.Index(text, "\n (func "+p.function+" ")
		if begin < 0 {
			return "", fmt.Errorf("patch the engine: it has no function %s", p.function)
		}
		begin++
		end := begin + strings.Index(text[begin:], "\n )\n") + len("\n )\n")
		function := text[begin:end]
		for _, e := range p.edits {
			old := anySpace(e.old)
			if got := len(old.FindAllStringIndex(function, -1)); got != e.times {
				return "", fmt.Errorf("patch the engine (%s): function %s has %q %d times, not %d", p.why, p.function, e.old, got, e.times)
			}
			left := e.times
			function = old.ReplaceAllStringFunc(function, func(string) string { left--; return e.new })
			if left != 0 {
				return "", errors.New("patch the engine: an edit overlaps itself")
			}
		}
		text = text[:begin] + function + text[end:]
	}
	return text, nil
}

// anySpace matches code whatever white space is between its words and brackets.
func anySpace(code string) *regexp.Regexp {
	var parts []string
	for _, word := range regexp.MustCompile(`[()]|[^()\s]+`).FindAllString(code, -1) {
		parts = append(parts, regexp.QuoteMeta(word))
	}
	return regexp.MustCompile(strings.Join(parts, `\s*`))
}
