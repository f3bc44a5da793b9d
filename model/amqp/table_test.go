package amqp

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// everyKind holds one field of each type, in the order of the octets that stand for them on the wire, and its encoding as
// written down from §4.2.1 and RabbitMQ's errata, name by name.
var everyKind = []struct {
	field   Field
	wire    string
	written string
}{
	{Field{"A", MustArray(int8(1), nil)}, "\x01A" + "A\x00\x00\x00\x03" + "b\x01V", "A: [1, void]"},
	{Field{"B", uint8(200)}, "\x01B" + "B\xc8", "B: 200"},
	{Field{"D", Decimal{2, 314}}, "\x01D" + "D\x02\x00\x00\x01\x3a", "D: 3.14"},
	{Field{"F", MustTable(Field{"k", "v"})}, "\x01F" + "F\x00\x00\x00\x08" + "\x01kS\x00\x00\x00\x01v", `F: {k: "v"}`},
	{Field{"I", int32(-2)}, "\x01I" + "I\xff\xff\xff\xfe", "I: -2"},
	{Field{"S", "text"}, "\x01S" + "S\x00\x00\x00\x04text", `S: "text"`},
	{Field{"T", Timestamp(0x5f5e1000)}, "\x01T" + "T\x00\x00\x00\x00\x5f\x5e\x10\x00", "T: @1600000000"},
	{Field{"V", nil}, "\x01V" + "V", "V: void"},
	{Field{"b", int8(-1)}, "\x01b" + "b\xff", "b: -1"},
	{Field{"d", Double(0x3ff8000000000000)}, "\x01d" + "d\x3f\xf8\x00\x00\x00\x00\x00\x00", "d: 1.5"},
	{Field{"f", Float(0xc0000000)}, "\x01f" + "f\xc0\x00\x00\x00", "f: -2"},
	{Field{"i", uint32(1 << 31)}, "\x01i" + "i\x80\x00\x00\x00", "i: 2147483648"},
	{Field{"l", int64(-3)}, "\x01l" + "l\xff\xff\xff\xff\xff\xff\xff\xfd", "l: -3"},
	{Field{"s", int16(-4)}, "\x01s" + "s\xff\xfc", "s: -4"},
	{Field{"t", true}, "\x01t" + "t\x01", "t: true"},
	{Field{"u", uint16(40000)}, "\x01u" + "u\x9c\x40", "u: 40000"},
	{Field{"x", Bytes("\x00\xff")}, "\x01x" + "x\x00\x00\x00\x02\x00\xff", `x: x"\x00\xff"`},
}

func TestTableEveryKind(t *testing.T) {
	var fields, backwards []Field
	var wire string
	var written []string
	for _, k := range everyKind {
		fields = append(fields, k.field)
		backwards = append([]Field{k.field}, backwards...)
		wire += k.wire
		written = append(written, k.written)
	}
	table, err := MakeTable(backwards...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wire, string(table)); diff != "" {
		t.Errorf("encoding (-specification +ours):\n%s", diff)
	}
	if diff := cmp.Diff(fields, table.Fields()); diff != "" {
		t.Errorf("fields (-made +read):\n%s", diff)
	}
	if diff := cmp.Diff("{"+strings.Join(written, ", ")+"}", table.String()); diff != "" {
		t.Errorf("rendering (-want +got):\n%s", diff)
	}
	for _, f := range fields {
		value, ok := table.Lookup(f.Name)
		if diff := cmp.Diff(f.Value, value); diff != "" || !ok {
			t.Errorf("Lookup(%q) found %t:\n%s", f.Name, ok, diff)
		}
	}
	if value, ok := table.Lookup("missing"); value != nil || ok {
		t.Errorf("Lookup of a missing field = %v, %t", value, ok)
	}
}

func TestParseTable(t *testing.T) {
	for _, c := range []struct{ name, wire, want string }{
		{"empty", "", ""},
		{"sorted", "\x01bb\x01" + "\x01ab\x02", "\x01ab\x02" + "\x01bb\x01"},
		{"bool", "\x01tt\x07", "\x01tt\x01"},
		{"L is l", "\x01lL\x00\x00\x00\x00\x00\x00\x00\x01", "\x01ll\x00\x00\x00\x00\x00\x00\x00\x01"},
		{"empty name", "\x00V", "\x00V"},
		{"within a table", "\x01FF\x00\x00\x00\x08\x01bt\x02\x01at\x00", "\x01FF\x00\x00\x00\x08\x01at\x00\x01bt\x01"},
		{"within an array", "\x01AA\x00\x00\x00\x0dF\x00\x00\x00\x08\x01bt\x02\x01at\x00",
			"\x01AA\x00\x00\x00\x0dF\x00\x00\x00\x08\x01at\x00\x01bt\x01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseTable([]byte(c.wire))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseTableErrors(t *testing.T) {
	deep := ""
	for range 33 {
		deep = "\x01nF" + string([]byte{0, 0, byte(len(deep) >> 8), byte(len(deep))}) + deep
	}
	for _, c := range []struct{ name, wire, want string }{
		{"name cut", "\x03ab", "offset 1: a field name takes 3 octets, 2 are left"},
		{"no type", "\x01a", "offset 2: the type of a value takes 1 octets, 0 are left"},
		{"unknown type", "\x01aq", `offset 2: unknown type "q" of a value`},
		{"length cut", "\x01aS\x00\x00", "offset 3: the length of a value takes 4 octets, 2 are left"},
		{"value cut", "\x01aI\x00\x00", "offset 3: a value takes 4 octets, 2 are left"},
		{"string longer than the table", "\x01aS\xff\xff\xff\xffx", "offset 7: a value takes 4294967295 octets, 1 are left"},
		{"twice", "\x01aV\x01bV\x01aV", `offset 0: field "a" occurs twice`},
		{"twice within", "\x01tV" + "\x01nF\x00\x00\x00\x06\x01aV\x01aV", `offset 10: field "a" occurs twice`},
		{"value cut within", "\x01nF\x00\x00\x00\x04\x01bI\x00", "offset 10: a value takes 4 octets, 1 are left"},
		{"array cut within", "\x01nA\x00\x00\x00\x02I\x00\x00\x00\x00", "offset 8: a value takes 4 octets, 1 are left"},
		{"deep", deep, "offset 224: more than 32 levels of nesting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := ParseTable([]byte(c.wire))
			if err == nil {
				t.Fatalf("parsed as %v", table)
			}
			if diff := cmp.Diff("parsing a field table: "+c.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMakeTableErrors(t *testing.T) {
	deep := Table("")
	for range 30 {
		deep = MustTable(Field{"n", deep})
	}
	if _, err := MakeTable(Field{"n", deep}); err != nil {
		t.Errorf("32 levels: %v", err)
	}
	for _, c := range []struct {
		name   string
		fields []Field
		want   string
	}{
		{"twice", []Field{{"a", nil}, {"b", nil}, {"a", true}}, `field "a" occurs twice`},
		{"long name", []Field{{strings.Repeat("n", 256), nil}}, "field name of 256 octets, at most 255 can be encoded"},
		{"type", []Field{{"a", uint64(1)}}, `field 0 "a": type uint64 is no field value`},
		{"malformed table", []Field{{"a", Table("\x01")}}, "offset 8: a field name takes 1 octets, 0 are left"},
		{"unsorted table", []Field{{"a", Table("\x01bV\x01aV")}}, "not in canonical form"},
		{"bool of 2", []Field{{"a", Array("t\x02")}}, "not in canonical form"},
		{"deep", []Field{{"a", MustTable(Field{"n", deep})}}, "offset 224: more than 32 levels of nesting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := MakeTable(c.fields...)
			if err == nil {
				t.Fatalf("made %v", table)
			}
			if diff := cmp.Diff("making a field table: "+c.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	array, err := MakeArray(int64(1), 1.5)
	want := `making a field array: field 1 "": type float64 is no field value`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" || array != "" {
		t.Errorf("array %v (-want +got):\n%s", array, diff)
	}
}

// TestTableByHand holds what strings that are no tables do: nothing to read, and no panic.
func TestTableByHand(t *testing.T) {
	for _, table := range []Table{"\x01", "\x01bV\x01aV", "\x01aV\x01aV", "\x01aq", "\x01at\x02"} {
		if fields := table.Fields(); fields != nil {
			t.Errorf("Table(%q).Fields() = %v", string(table), fields)
		}
		if value, ok := table.Lookup("a"); ok {
			t.Errorf("Table(%q) has a field a: %v", string(table), value)
		}
		if got, want := table.String(), fmt.Sprintf("{invalid %q}", string(table)); got != want {
			t.Errorf("rendered as %s, want %s", got, want)
		}
	}
	for _, array := range []Array{"I", "q", "t\x02", "F\x00\x00\x00\x01\x01"} {
		if values := array.Values(); values != nil {
			t.Errorf("Array(%q).Values() = %v", string(array), values)
		}
		if got, want := array.String(), fmt.Sprintf("[invalid %q]", string(array)); got != want {
			t.Errorf("rendered as %s, want %s", got, want)
		}
	}
}

func TestTableInt(t *testing.T) {
	for _, value := range []any{int8(7), uint8(7), int16(7), uint16(7), int32(7), uint32(7), int64(7), 7} {
		if got, ok := MustTable(Field{"n", value}).Int("n"); got != 7 || !ok {
			t.Errorf("Int of %T(7) = %d, %t", value, got, ok)
		}
	}
	for _, value := range []any{"7", true, nil, Timestamp(7), Double(7)} {
		if got, ok := MustTable(Field{"n", value}).Int("n"); got != 0 || ok {
			t.Errorf("Int of %T(%v) = %d, %t", value, value, got, ok)
		}
	}
}

func TestTableInMethod(t *testing.T) {
	declare := QueueDeclare{Queue: "q", Exclusive: true}
	if got, want := declare.String(), "queue.declare q exclusive"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	declare.Arguments = MustTable(Field{"x-overflow", "reject-publish"}, Field{"x-max-length", 0}, Field{"a b", "\n"})
	want := `queue.declare q exclusive {"a b": "\n", x-max-length: 0, x-overflow: "reject-publish"}`
	if got := declare.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNumbersRendered(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{Decimal{0, 7}, "7"},
		{Decimal{1, 7}, "0.7"},
		{Decimal{3, 1234567}, "1234.567"},
		{Double(math.Float64bits(math.NaN())), "NaN"},
		{Double(math.Float64bits(math.Inf(-1))), "-Inf"},
		{Float(math.Float32bits(float32(math.Inf(1)))), "+Inf"},
		{Double(math.Float64bits(math.Copysign(0, -1))), "-0"},
		{Double(1), "5e-324"},
		{Float(1), "1e-45"},
		{Float(math.Float32bits(math.MaxFloat32)), "3.4028235e+38"},
	} {
		if got := MustArray(c.value).String(); got != "["+c.want+"]" {
			t.Errorf("got %s, want [%s]", got, c.want)
		}
	}
}

// drawValue draws a field value with tables and arrays of at most depth levels within.
func drawValue(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int8().AsAny(), rapid.Uint8().AsAny(), rapid.Int16().AsAny(),
		rapid.Uint16().AsAny(), rapid.Int32().AsAny(), rapid.Uint32().AsAny(), rapid.Int64().AsAny(),
		rapid.Map(rapid.Uint32(), func(n uint32) any { return Float(n) }),
		rapid.Map(rapid.Uint64(), func(n uint64) any { return Double(n) }),
		rapid.Custom(func(t *rapid.T) any { return Decimal{rapid.Uint8().Draw(t, "scale"), rapid.Uint32().Draw(t, "value")} }),
		rapid.Map(rapid.Uint64(), func(n uint64) any { return Timestamp(n) }),
		rapid.String().AsAny(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return Bytes(b) }),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Map(drawFields(depth-1), func(f []Field) any { return MustTable(f...) }),
			rapid.Map(rapid.SliceOfN(drawValue(depth-1), 0, 4), func(v []any) any { return MustArray(v...) }))
	}
	return rapid.OneOf(kinds...)
}

// drawFields draws fields with different names.
func drawFields(depth int) *rapid.Generator[[]Field] {
	field := rapid.Custom(func(t *rapid.T) Field {
		return Field{rapid.StringN(0, -1, 255).Draw(t, "name"), drawValue(depth).Draw(t, "value")}
	})
	return rapid.SliceOfNDistinct(field, 0, 5, func(f Field) string { return f.Name })
}

// TestTableIsItsFields: a table is determined by its fields in any order, and gives them back.
func TestTableIsItsFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := drawFields(3).Draw(t, "fields")
		before := slices.Clone(given)
		table := MustTable(given...)
		if diff := cmp.Diff(before, given); diff != "" {
			t.Fatalf("the caller's fields (-before +after):\n%s", diff)
		}
		if again := MustTable(rapid.Permutation(given).Draw(t, "permuted")...); again != table {
			t.Fatalf("another order of fields made %q, not %q", again, table)
		}
		if again := MustTable(table.Fields()...); again != table {
			t.Fatalf("read and made again: %q, not %q", again, table)
		}
		if parsed, err := ParseTable([]byte(table)); err != nil || parsed != table {
			t.Fatalf("parsed %q as %q, %v", table, parsed, err)
		}
		for _, f := range given {
			if value, ok := table.Lookup(f.Name); !ok || value != f.Value {
				t.Fatalf("Lookup(%q) = %v, %t, want %v", f.Name, value, ok, f.Value)
			}
		}
		_ = table.String()
	})
}

// TestBinaryRendered compares with the standard library's rendering of the same bits.
func TestBinaryRendered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, d := rapid.Float32().Draw(t, "float"), rapid.Float64().Draw(t, "double")
		want := strconv.FormatFloat(float64(f), 'g', -1, 32) + " " + strconv.FormatFloat(d, 'g', -1, 64)
		if got := fmt.Sprintf("%v %v", Float(math.Float32bits(f)), Double(math.Float64bits(d))); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

func ExampleMustTable() {
	arguments := MustTable(Field{"x-overflow", "reject-publish"}, Field{"x-max-length", 1})
	limit, ok := arguments.Int("x-max-length")
	fmt.Println(QueueDeclare{Queue: "lock", Arguments: arguments}, limit, ok)
	// Output: queue.declare lock {x-max-length: 1, x-overflow: "reject-publish"} 1 true
}

func TestMustPanics(t *testing.T) {
	for name, must := range map[string]func(){
		"table": func() { MustTable(Field{"a", 1.5}) },
		"array": func() { MustArray(1.5) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			must()
		})
	}
}

func FuzzParseTable(f *testing.F) {
	whole := ""
	for _, k := range everyKind {
		f.Add([]byte(k.wire))
		whole += k.wire
	}
	f.Add([]byte(whole))
	f.Add([]byte("\x01bb\x01\x01ab\x02"))
	f.Add([]byte("\x01aS\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		table, err := ParseTable(wire)
		if err != nil {
			return
		}
		if again, err := ParseTable([]byte(table)); err != nil || again != table {
			t.Fatalf("%q: canonical form %q parses as %q, %v", wire, table, again, err)
		}
		if again, err := MakeTable(table.Fields()...); err != nil || again != table {
			t.Fatalf("%q: fields of %q make %q, %v", wire, table, again, err)
		}
		if len(table) != len(wire) {
			t.Fatalf("%q: canonical form %q has another length", wire, table)
		}
		if strings.Contains(table.String(), "invalid") && !strings.Contains(string(wire), "invalid") {
			t.Fatalf("%q: rendered as %s", wire, table)
		}
	})
}
