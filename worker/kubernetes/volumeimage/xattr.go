package volumeimage

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// xattrRecord begins the names of PAX records that are extended attributes.
const xattrRecord = "SCHILY.xattr."

// maxXattrs is the largest list of names, and the largest value, that the
// kernel returns.
const maxXattrs = 64 << 10

// attributes returns the file's extended attributes, capabilities and ACLs
// among them, as PAX records.
func (f file) attributes(b buffers) (map[string]string, error) {
	// The directory is open, and the last element is not followed.
	path := fmt.Sprintf("/proc/self/fd/%d/%s", f.directory.Fd(), f.base)
	length, err := unix.Llistxattr(path, b.xattrNames)
	if errors.Is(err, unix.ENOTSUP) || err == nil && length == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list its extended attributes: %w", err)
	}
	records, total := map[string]string{}, 0
	for name := range bytes.SplitSeq(bytes.TrimSuffix(b.xattrNames[:length], []byte{0}), []byte{0}) {
		if isOfNode(string(name)) || !isRecordName(name) {
			continue
		}
		length, err := unix.Lgetxattr(path, string(name), b.xattrValue)
		if err != nil {
			return nil, fmt.Errorf("read its extended attribute %s: %w", name, err)
		}
		if total += len(name) + length; total > maxAttributes {
			return nil, fmt.Errorf("its extended attributes take more than %d bytes, which no container runtime unpacks, and no flag raises: remove some", maxAttributes)
		}
		records[xattrRecord+string(name)] = string(b.xattrValue[:length])
	}
	return records, nil
}

// isOfNode says of an attribute that it belongs to the node rather than to the
// file's content.
func isOfNode(name string) bool {
	return name == "security.selinux" || strings.HasPrefix(name, "trusted.overlay.")
}

// isRecordName says whether an archive can hold an attribute of that name: in a PAX
// record (POSIX.1-2001, pax) the name ends at the first equals sign.
func isRecordName(name []byte) bool { return !bytes.ContainsRune(name, '=') }
