package model

// Helpers for Machine.AppendState. Each encoding is self-delimiting, so a sequence of them is unambiguous.

// AppendInt appends v in a variable number of bytes, short for numbers near zero.
func AppendInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](dst []byte, v T) []byte {
	return appendUvarint(dst, uint64(int64(v)<<1)^uint64(int64(v)>>63))
}

func appendUvarint(dst []byte, u uint64) []byte {
	for u >= 0x80 {
		dst = append(dst, byte(u)|0x80)
		u >>= 7
	}
	return append(dst, byte(u))
}

// AppendBool appends one byte, 0 or 1.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendString appends the length of s and its bytes.
func AppendString[T ~string](dst []byte, s T) []byte {
	return append(appendUvarint(dst, uint64(len(s))), s...)
}
