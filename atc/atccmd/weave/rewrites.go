package weave

import (
	"strconv"

	"github.com/dave/dst"
	"github.com/dave/dst/dstutil"
)

// Import adds an import under a name of its own. Its place is the file's first
// import declaration.
func Import(name, path string) Rewrite {
	return Rewrite{
		Name: "import " + name + " " + path,
		Apply: func(file *dst.File) int {
			for _, declaration := range file.Decls {
				imports, ok := declaration.(*dst.GenDecl)
				if !ok || len(imports.Specs) == 0 {
					continue
				}
				if _, ok := imports.Specs[0].(*dst.ImportSpec); !ok {
					continue
				}
				imports.Specs = append(imports.Specs, &dst.ImportSpec{
					Name: dst.NewIdent(name),
					Path: &dst.BasicLit{Value: strconv.Quote(path)},
				})
				return 1
			}
			return 0
		},
	}
}

// ReplaceImport imports another package in a package's stead, under the name
// that the file already uses.
func ReplaceImport(from, to string) Rewrite {
	return Rewrite{
		Name: "import " + to + " instead of " + from,
		Apply: func(file *dst.File) int {
			found := 0
			for _, spec := range file.Imports {
				if spec.Path.Value == strconv.Quote(from) {
					spec.Path.Value = strconv.Quote(to)
					found++
				}
			}
			return found
		},
	}
}

// Field adds a field to a struct type. The type of the field is written as
// package and name.
func Field(structName, fieldName, typePackage, typeName, tag string) Rewrite {
	return Rewrite{
		Name: "field " + fieldName + " of struct " + structName,
		Apply: func(file *dst.File) int {
			found := 0
			dst.Inspect(file, func(node dst.Node) bool {
				spec, ok := node.(*dst.TypeSpec)
				if !ok || spec.Name.Name != structName {
					return true
				}
				if body, ok := spec.Type.(*dst.StructType); ok {
					body.Fields.List = append(body.Fields.List, &dst.Field{
						Names: []*dst.Ident{dst.NewIdent(fieldName)},
						Type:  selector(typePackage, typeName),
						Tag:   &dst.BasicLit{Value: "`" + tag + "`"},
					})
					found++
				}
				return true
			})
			return found
		},
	}
}

// ReplaceCall calls the function of the same name of another package, with
// the selectors given (each a variable and a field of it) as further arguments.
func ReplaceCall(fromPackage, function, toPackage string, further ...[2]string) Rewrite {
	return Rewrite{
		Name: "call of " + fromPackage + "." + function + " becomes " + toPackage + "." + function,
		Apply: func(file *dst.File) int {
			found := 0
			dst.Inspect(file, func(node dst.Node) bool {
				call, ok := node.(*dst.CallExpr)
				if !ok || !isSelector(call.Fun, fromPackage, function) {
					return true
				}
				call.Fun.(*dst.SelectorExpr).X = dst.NewIdent(toPackage)
				for _, argument := range further {
					expression := selector(argument[0], argument[1])
					expression.Decs.Before, expression.Decs.After = dst.NewLine, dst.NewLine
					call.Args = append(call.Args, expression)
				}
				found++
				return true
			})
			return found
		},
	}
}

// WrapLiteral passes a composite literal of a type through a function.
func WrapLiteral(typePackage, typeName, toPackage, function string) Rewrite {
	return Rewrite{
		Name: "literal of " + typePackage + "." + typeName + " goes through " + toPackage + "." + function,
		Apply: func(file *dst.File) int {
			found := 0
			dstutil.Apply(file, nil, func(cursor *dstutil.Cursor) bool {
				literal, ok := cursor.Node().(*dst.CompositeLit)
				if !ok || !isSelector(literal.Type, typePackage, typeName) {
					return true
				}
				call := &dst.CallExpr{Fun: selector(toPackage, function)}
				call.Decs.Before, call.Decs.After = literal.Decs.Before, literal.Decs.After
				literal.Decs.Before, literal.Decs.After = dst.None, dst.None
				call.Args = []dst.Expr{literal}
				cursor.Replace(call)
				found++
				return true
			})
			return found
		},
	}
}

func selector(x, name string) *dst.SelectorExpr {
	return &dst.SelectorExpr{X: dst.NewIdent(x), Sel: dst.NewIdent(name)}
}

func isSelector(expression dst.Expr, x, name string) bool {
	chosen, ok := expression.(*dst.SelectorExpr)
	if !ok || chosen.Sel.Name != name {
		return false
	}
	of, ok := chosen.X.(*dst.Ident)
	return ok && of.Name == x
}
