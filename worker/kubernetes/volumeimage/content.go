package volumeimage

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

const bufferSize = 128 << 10

// zeros are what a hole reads as.
var zeros [bufferSize]byte

// writeContent writes what is in a file. Its holes are written without being read.
func (l *layer) writeContent(f file) error {
	opened, err := f.open()
	if err != nil {
		return err
	}
	defer opened.Close()

	for offset := int64(0); offset < f.Size; {
		begin, end, err := f.nextData(opened, offset)
		if err != nil {
			return err
		}
		if err := l.writeZeros(begin - offset); err != nil {
			return err
		}
		if err := l.copy(io.NewSectionReader(opened, begin, end-begin)); err != nil {
			return err
		}
		offset = end
	}
	return f.checkSize(opened)
}

// nextData is where the next data of the file is, at or after an offset; it ends
// where the file does if only a hole follows. Most files have no hole, which the
// space that they take tells.
func (f file) nextData(opened *os.File, offset int64) (begin, end int64, err error) {
	if f.Blocks*512 >= f.Size { // st_blocks counts 512 bytes on every file system
		return offset, f.Size, nil
	}
	begin, err = opened.Seek(offset, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return f.Size, f.Size, nil
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP): // a file system that can't tell
		return offset, f.Size, nil
	case err != nil:
		return 0, 0, err
	}
	end, err = opened.Seek(begin, unix.SEEK_HOLE)
	if errors.Is(err, unix.ENXIO) { // the file ended before
		return 0, 0, errChanging
	}
	return min(begin, f.Size), min(end, f.Size), err
}

func (l *layer) writeZeros(length int64) error {
	for length > 0 {
		written, err := l.archive.Write(zeros[:min(length, bufferSize)])
		if err != nil {
			return err
		}
		length -= int64(written)
	}
	return nil
}

func (l *layer) copy(data *io.SectionReader) error {
	written, err := io.CopyBuffer(l.archive, data, l.buffers.content)
	if err == nil && written < data.Size() {
		return errChanging
	}
	return err
}

// checkSize finds that a file was cut off, after which all that followed looked
// like a hole.
func (f file) checkSize(opened *os.File) error {
	var now unix.Stat_t
	if err := unix.Fstat(int(opened.Fd()), &now); err != nil {
		return err
	}
	if now.Size < f.Size {
		return errChanging
	}
	return nil
}
