package wire

import (
	"reflect"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// Rename returns the method with each string in it, those in its tables and its message's properties included, replaced. A body is left alone.
func Rename(m amqp.Method, to func(string) string) amqp.Method {
	v := reflect.New(reflect.TypeOf(m)).Elem()
	v.Set(reflect.ValueOf(m))
	renameIn(v, to)
	return v.Interface().(amqp.Method)
}

func renameIn(v reflect.Value, to func(string) string) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Kind() == reflect.Struct:
			renameIn(f, to)
		case f.Type() == reflect.TypeFor[amqp.Table]():
			f.SetString(string(amqp.Table(f.String()).Map(func(v any) any {
				if s, ok := v.(string); ok {
					return to(s)
				}
				return v
			})))
		case f.Kind() == reflect.String && v.Type().Field(i).Name != "Body":
			f.SetString(to(f.String()))
		}
	}
}
