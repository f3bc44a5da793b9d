package model

import (
	"fmt"
	"reflect"
	"strings"
)

// Vocabulary is a [Machine] that says which events it acts on: its own actions and the inputs that it handles, one example
// of each class ([ClassOf]); amqp.Frame{} stands for frames with any method. What its parameters exclude (a fault of which the budget is 0) it leaves out. Whoever explores
// everything can then tell which of them never came up, also of those that nobody offers or sends.
type Vocabulary interface {
	Machine
	Vocabulary() []Event
}

// ClassOf is what an event and others of its kind have in common: its Go type and, in brackets, the types of what it holds in
// fields of interface types, "amqp.Frame[amqp.QueueDeclare]". A value that is no struct is a class of its own, with its text.
func ClassOf(e Event) string {
	v := reflect.ValueOf(e)
	if v.Kind() != reflect.Struct {
		return fmt.Sprintf("%T(%v)", e, e)
	}
	return classOf(v)
}

// Includes reports whether one class is another one or, as "amqp.Frame" and "amqp.Frame[amqp.QueueDeclare]", a part of it.
func Includes(class, part string) bool {
	return class == part || strings.HasPrefix(part, class+"[")
}

func classOf(v reflect.Value) string {
	held := heldBy(nil, v)
	if len(held) == 0 {
		return v.Type().String()
	}
	return v.Type().String() + "[" + strings.Join(held, ", ") + "]"
}

// heldBy appends the classes of what a struct holds in interfaces, those of the structs in it included.
func heldBy(dst []string, v reflect.Value) []string {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			dst = heldBy(dst, f)
		case reflect.Interface:
			switch x := f.Elem(); x.Kind() {
			case reflect.Invalid: // nil
			case reflect.Struct:
				dst = append(dst, classOf(x))
			default:
				dst = append(dst, x.Type().String())
			}
		}
	}
	return dst
}
