package buildlog

import (
	"bytes"
	"cmp"
	"container/heap"
)

// occurrence is where a secret begins in a text.
type occurrence struct {
	begin  int
	secret string
}

// occurrences are the next ones of each secret, as a heap: the first is that with the
// first beginning, and of those the longest.
type occurrences []occurrence

var _ heap.Interface = (*occurrences)(nil)

// occurrencesIn are the first ones of those secrets that are in the text.
func occurrencesIn(text []byte, secrets []string) occurrences {
	var found occurrences
	for _, secret := range secrets {
		if begin := bytes.Index(text, []byte(secret)); begin >= 0 {
			found = append(found, occurrence{begin, secret})
		}
	}
	heap.Init(&found)
	return found
}

// goOn takes the next occurrence of the first one's secret, from a position on.
func (o *occurrences) goOn(text []byte, from int) {
	first := &(*o)[0]
	found := bytes.Index(text[from:], []byte(first.secret))
	if found < 0 {
		heap.Pop(o)
		return
	}
	first.begin = from + found
	heap.Fix(o, 0)
}

func (o occurrences) Len() int { return len(o) }

func (o occurrences) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(o[i].begin, o[j].begin), cmp.Compare(len(o[j].secret), len(o[i].secret))) < 0
}

func (o occurrences) Swap(i, j int) { o[i], o[j] = o[j], o[i] }

func (o *occurrences) Push(one any) { *o = append(*o, one.(occurrence)) }

func (o *occurrences) Pop() any {
	last := len(*o) - 1
	one := (*o)[last]
	*o = (*o)[:last]
	return one
}
