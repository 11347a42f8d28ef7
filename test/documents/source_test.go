// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// version is what the source of an API version says.
type version struct {
	name    string
	kinds   []string
	structs map[string]*structure
	// aliases are named types that are no structs, by name.
	aliases map[string]*alias
}

// structure is a kind, or a part of one.
type structure struct {
	name, comment string
	scope         string // Of a kind.
	fields        []field
	embedded      []string // Structures whose fields are its own, too.
}

// alias is a named string, map or the like; values are those of an enum.
type alias struct {
	name, comment, of string
	values            []string
}

// field is one of a structure, as it is on the wire.
type field struct {
	name, goType, comment string
	required              bool
	defaults              string
	rules                 []string
}

// readVersion reads the types of a package.
func readVersion(dir, name string) (*version, error) {
	files, err := filepath.Glob(filepath.Join(dir, "types*.go"))
	if err != nil {
		return nil, err
	}
	v := &version{name: name, structs: map[string]*structure{}, aliases: map[string]*alias{}}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		end := file.Name.End()
		for _, declaration := range file.Decls {
			if general, ok := declaration.(*ast.GenDecl); ok {
				v.read(general, tagsBetween(file, end, general.Pos()))
			}
			end = declaration.End()
		}
	}
	slices.Sort(v.kinds)
	for _, s := range v.structs {
		for _, of := range s.embedded {
			if v.structs[of] == nil {
				return nil, fmt.Errorf("%s embeds %s, which is not a type of %s", s.name, of, name)
			}
			s.fields = append(slices.Clone(v.structs[of].fields), s.fields...)
		}
	}
	return v, nil
}

// tagsBetween are those of the comments there, which are apart from the one that is a type's documentation.
func tagsBetween(file *ast.File, from, to token.Pos) (found tags) {
	for _, comment := range file.Comments {
		if comment.Pos() > from && comment.End() <= to {
			_, more := split(comment)
			found = append(found, more...)
		}
	}
	return found
}

func (v *version) read(declaration *ast.GenDecl, tags tags) {
	for _, spec := range declaration.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			text, _ := split(declaration.Doc)
			body, ok := spec.Type.(*ast.StructType)
			if !ok {
				v.alias(spec.Name.Name).comment, v.alias(spec.Name.Name).of = text, expression(spec.Type)
				continue
			}
			if strings.HasSuffix(spec.Name.Name, "List") && tags.has("k8s:deepcopy-gen:interfaces") {
				continue
			}
			s := &structure{name: spec.Name.Name, comment: text, scope: "namespaced"}
			switch {
			case !tags.has("genclient"):
				s.scope = "the answer of a subresource"
			case tags.has("genclient:nonNamespaced"):
				s.scope = "cluster-scoped"
			}
			s.read(body)
			v.structs[s.name] = s
			if tags.has("k8s:deepcopy-gen:interfaces") {
				v.kinds = append(v.kinds, s.name)
			}
		case *ast.ValueSpec:
			named, ok := spec.Type.(*ast.Ident)
			if !ok || len(spec.Values) != 1 {
				continue
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				v.alias(named.Name).values = append(v.alias(named.Name).values, strings.Trim(literal.Value, `"`))
			}
		}
	}
}

func (v *version) alias(name string) *alias {
	if v.aliases[name] == nil {
		v.aliases[name] = &alias{name: name}
	}
	return v.aliases[name]
}

func (s *structure) read(body *ast.StructType) {
	for _, member := range body.Fields.List {
		name := strings.Split(reflect.StructTag(strings.Trim(member.Tag.Value, "`")).Get("json"), ",")[0]
		if name == "" || name == "-" {
			if of := expression(member.Type); of != "metav1.TypeMeta" {
				s.embedded = append(s.embedded, of)
			}
			continue
		}
		text, tags := split(member.Doc)
		f := field{name: name, goType: expression(member.Type), comment: text, defaults: tags.value("default"),
			required: tags.has("required") || tags.has("k8s:required")}
		for _, tag := range tags {
			if rule := ruleOf(tag); rule != "" {
				f.rules = append(f.rules, rule)
			}
		}
		s.fields = append(s.fields, f)
	}
}

// tags are the lines of a comment that begin with a plus, without it.
type tags []string

func (t tags) has(name string) bool {
	return slices.ContainsFunc(t, func(tag string) bool { return tag == name || strings.HasPrefix(tag, name+"=") })
}

func (t tags) value(name string) string {
	for _, tag := range t {
		if value, ok := strings.CutPrefix(tag, name+"="); ok {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

// split parts a comment into what people read, in one line, and its tags.
func split(comment *ast.CommentGroup) (string, tags) {
	var text []string
	var found tags
	for line := range strings.Lines(comment.Text()) {
		line = strings.TrimSpace(line)
		if tag, ok := strings.CutPrefix(line, "+"); ok {
			found = append(found, tag)
		} else if line != "" {
			text = append(text, line)
		}
	}
	return strings.Join(text, " "), found
}

// rules are how tags of validation are said, those of one value or of any.
var rules = map[string]string{
	"maxLength": "at most %s characters", "minLength=1": "not empty", "maxItems": "at most %s items", "maxProperties": "at most %s entries",
	"minimum": "at least %s", "maximum": "at most %s", "listMapKey": "each `%s` once", "listType=set": "each once", "immutable": "can't be changed",
	"format=k8s-long-name": "a DNS name", "format=k8s-short-name": "a DNS label", "format=k8s-label-value": "a label's value", "format=k8s-label-key": "a label's key",
	"format": "%s",
}

// ruleOf is a tag as words; empty for one that is no rule, or that another column has.
func ruleOf(tag string) string {
	tag, ok := strings.CutPrefix(tag, "k8s:")
	if !ok {
		return ""
	}
	for prefix, of := range map[string]string{"eachKey=+": "each key ", "eachVal=+": "each value "} {
		if inner, ok := strings.CutPrefix(tag, prefix); ok {
			if rule := ruleOf(inner); rule != "" {
				return of + rule
			}
			return ""
		}
	}
	if words, ok := rules[tag]; ok {
		return words
	}
	name, value, _ := strings.Cut(tag, "=")
	if words, ok := rules[name]; ok {
		return fmt.Sprintf(words, value)
	}
	return ""
}

// expression is a type as the source has it.
func expression(of ast.Expr) string {
	switch e := of.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return expression(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return expression(e.X)
	case *ast.ArrayType:
		return "[]" + expression(e.Elt)
	case *ast.MapType:
		return "map[" + expression(e.Key) + "]" + expression(e.Value)
	}
	return fmt.Sprintf("%T", of)
}
