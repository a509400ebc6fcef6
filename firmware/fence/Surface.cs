using System.Globalization;
using System.Text;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace DePin.Fence;

/// <summary>
/// The public surface of nanoFramework 1.x as reference assemblies, one for each list in surface/: a list has a line for every
/// type and member, a documentation id, a tab, then kind, base type and interfaces, or modifiers and result, or a constant's
/// value. Generic types are left out: the board's CLR cannot run one.
/// </summary>
internal sealed class Surface
{
    private readonly Dictionary<string, TypeDefinition> _types = new(StringComparer.Ordinal);
    private readonly List<SurfaceList> _lists = [];

    private Surface()
    {
    }

    /// <summary>Writes the reference assemblies into a folder and gives their paths.</summary>
    /// <exception cref="InvalidDataException">A line cannot be read.</exception>
    public static IReadOnlyList<string> Write(string listFolder, string outputFolder)
    {
        var surface = new Surface();
        foreach (string path in Directory.GetFiles(listFolder, "*.txt").Order(StringComparer.Ordinal))
        {
            surface._lists.Add(new SurfaceList(path));
        }

        surface.DeclareTypes();
        surface.DeclareMembers();
        Directory.CreateDirectory(outputFolder);
        var paths = new List<string>();
        foreach (SurfaceList list in surface._lists)
        {
            string path = Path.Combine(outputFolder, list.Assembly.Name.Name + ".dll");
            list.Assembly.Write(path);
            paths.Add(path);
        }

        return paths;
    }

    private void DeclareTypes()
    {
        foreach (SurfaceList list in _lists)
        {
            // A nested type stands behind the one around it, since its name is longer.
            foreach (SurfaceLine line in list.Lines.Where(line => line.Kind == 'T').OrderBy(line => line.Name.Length))
            {
                _types[line.Name] = Declare(list.Assembly.MainModule, line);
            }

            // Read back, a module knows whether it is the core library, and which of its types are primitive.
            list.WriteAndRead();
            foreach (TypeDefinition type in list.Assembly.MainModule.GetTypes().Where(type => type.Name != "<Module>"))
            {
                _types[FullName(type)] = type;
            }
        }

        foreach ((SurfaceList list, SurfaceLine line) in _lists.SelectMany(list => list.Lines.Where(line => line.Kind == 'T').Select(line => (list, line))))
        {
            TypeDefinition type = _types[line.Name];
            string[] parts = line.Description.Split(':', 2);
            string[] bases = parts.Length == 2 ? parts[1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [];
            if (bases.Length == 0 && parts[0].Contains("interface", StringComparison.Ordinal))
            {
                bases = parts[0].Split(',', StringSplitOptions.TrimEntries)[1..];
            }

            foreach (string name in bases.Where(name => !IsGeneric(name)))
            {
                TypeReference reference = TypeOf(list, name);
                if (_types[name].IsInterface)
                {
                    type.Interfaces.Add(new InterfaceImplementation(reference));
                }
                else
                {
                    type.BaseType = reference;
                }
            }

            if (type.BaseType?.FullName == "System.Enum")
            {
                type.Fields.Add(new FieldDefinition("value__", FieldAttributes.Public | FieldAttributes.SpecialName | FieldAttributes.RTSpecialName, TypeOf(list, UnderlyingType(list, line.Name))));
            }
        }
    }

    // The lists do not say it; the largest value does.
    private static string UnderlyingType(SurfaceList list, string name)
    {
        decimal[] values = [.. list.Lines.Where(line => line.Kind == 'F' && line.DeclaringName == name && line.Value is not null).Select(line => decimal.Parse(line.Value!, CultureInfo.InvariantCulture))];
        return values switch
        {
            _ when values.All(value => value is >= int.MinValue and <= int.MaxValue) => "System.Int32",
            _ when values.All(value => value is >= 0 and <= uint.MaxValue) => "System.UInt32",
            _ => "System.Int64",
        };
    }

    private TypeDefinition Declare(ModuleDefinition module, SurfaceLine line)
    {
        TypeAttributes attributes = line.Description.Split([' ', ':'], 2)[0] switch
        {
            "interface" => TypeAttributes.Interface | TypeAttributes.Abstract,
            "abstract" => TypeAttributes.Abstract,
            "static" => TypeAttributes.Abstract | TypeAttributes.Sealed,
            "struct" => TypeAttributes.Sealed | TypeAttributes.SequentialLayout,
            "sealed" or "enum" or "delegate" => TypeAttributes.Sealed,
            _ => TypeAttributes.Class,
        };
        if (_types.TryGetValue(line.DeclaringName, out TypeDefinition? around))
        {
            var nested = new TypeDefinition(string.Empty, line.SimpleName, attributes | TypeAttributes.NestedPublic);
            around.NestedTypes.Add(nested);
            return nested;
        }

        var type = new TypeDefinition(line.DeclaringName, line.SimpleName, attributes | TypeAttributes.Public);
        module.Types.Add(type);
        return type;
    }

    private void DeclareMembers()
    {
        // Base types first, so that an override finds what it overrides.
        foreach ((SurfaceList list, SurfaceLine line) in _lists
            .SelectMany(list => list.Lines.Where(line => line.Kind != 'T').Select(line => (list, line)))
            .OrderBy(member => _types.TryGetValue(member.line.DeclaringName, out TypeDefinition? type) ? Depth(type) : 0))
        {
            if (!_types.TryGetValue(line.DeclaringName, out TypeDefinition? type))
            {
                throw new InvalidDataException($"{list.Path}: {line.Name} belongs to no type of the lists.");
            }

            switch (line.Kind)
            {
                case 'F':
                    AddField(list, type, line);
                    break;
                case 'P':
                    AddProperty(list, type, line);
                    break;
                case 'E':
                    AddEvent(list, type, line);
                    break;
                default:
                    AddMethod(list, type, line.SimpleName.Replace("#", ".", StringComparison.Ordinal), line.Modifiers, line.ResultType, line.Parameters);
                    break;
            }
        }
    }

    private int Depth(TypeDefinition type)
    {
        int depth = 0;
        for (TypeReference? at = type.BaseType; at is not null; at = _types[FullName(at)].BaseType)
        {
            depth++;
        }

        return depth;
    }

    private void AddField(SurfaceList list, TypeDefinition type, SurfaceLine line)
    {
        var field = new FieldDefinition(line.SimpleName, FieldAttributes.Public, TypeOf(list, line.ResultType)) { IsStatic = line.Modifiers.Contains("static", StringComparison.Ordinal) };
        if (line.Value is not null)
        {
            string constantType = _types[line.ResultType].BaseType?.FullName == "System.Enum" ? _types[line.ResultType].Fields[0].FieldType.FullName : line.ResultType;
            object? constant = SurfaceLine.Constant(constantType, line.Value);
            if (constant is not null)
            {
                field.Attributes |= FieldAttributes.Literal | FieldAttributes.HasDefault;
                field.Constant = constant;
            }
        }

        type.Fields.Add(field);
    }

    private void AddProperty(SurfaceList list, TypeDefinition type, SurfaceLine line)
    {
        var property = new PropertyDefinition(line.SimpleName, PropertyAttributes.None, TypeOf(list, line.ResultType));
        if (line.Description.Contains("get;", StringComparison.Ordinal))
        {
            property.GetMethod = AddMethod(list, type, "get_" + line.SimpleName, line.Modifiers, line.ResultType, line.Parameters);
            property.GetMethod.Attributes |= MethodAttributes.SpecialName;
        }

        if (line.Description.Contains("set;", StringComparison.Ordinal))
        {
            property.SetMethod = AddMethod(list, type, "set_" + line.SimpleName, line.Modifiers, "System.Void", [.. line.Parameters, line.ResultType]);
            property.SetMethod.Attributes |= MethodAttributes.SpecialName;
        }

        type.Properties.Add(property);
        if (line.Parameters.Count > 0)
        {
            AddDefaultMember(list, type, line.SimpleName);
        }
    }

    // Without it an indexer is a property that C# cannot name.
    private void AddDefaultMember(SurfaceList list, TypeDefinition type, string name)
    {
        if (!_types.TryGetValue("System.Reflection.DefaultMemberAttribute", out TypeDefinition? attribute)
            || type.CustomAttributes.Any(existing => existing.AttributeType.Name == attribute.Name))
        {
            return;
        }

        var constructor = new MethodReference(".ctor", TypeOf(list, "System.Void"), TypeOf(list, "System.Reflection.DefaultMemberAttribute")) { HasThis = true };
        constructor.Parameters.Add(new ParameterDefinition(TypeOf(list, "System.String")));
        // The blob of ECMA-335 II.23.3: prolog, the string with its length, no named arguments.
        type.CustomAttributes.Add(new CustomAttribute(constructor, [1, 0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), 0, 0]));
    }

    private void AddEvent(SurfaceList list, TypeDefinition type, SurfaceLine line)
    {
        if (IsGeneric(line.ResultType))
        {
            return;
        }

        type.Events.Add(new EventDefinition(line.SimpleName, EventAttributes.None, TypeOf(list, line.ResultType))
        {
            AddMethod = AddMethod(list, type, "add_" + line.SimpleName, line.Modifiers, "System.Void", [line.ResultType]),
            RemoveMethod = AddMethod(list, type, "remove_" + line.SimpleName, line.Modifiers, "System.Void", [line.ResultType]),
        });
    }

    private MethodDefinition AddMethod(SurfaceList list, TypeDefinition type, string name, string modifiers, string resultType, IReadOnlyList<string> parameters)
    {
        var method = new MethodDefinition(name, MethodAttributes.HideBySig, TypeOf(list, resultType));
        method.Attributes |= modifiers.Contains("protected", StringComparison.Ordinal) ? MethodAttributes.Family : MethodAttributes.Public;
        foreach (string parameter in parameters)
        {
            method.Parameters.Add(new ParameterDefinition(TypeOf(list, parameter)));
        }

        if (name is ".ctor" or ".cctor" || name.StartsWith("op_", StringComparison.Ordinal))
        {
            method.IsSpecialName = true;
            method.IsRuntimeSpecialName = name[0] == '.';
        }

        bool isAbstract = modifiers.Contains("abstract", StringComparison.Ordinal) || type.IsInterface;
        if (modifiers.Contains("static", StringComparison.Ordinal))
        {
            method.Attributes |= MethodAttributes.Static;
        }
        else
        {
            method.HasThis = true;
            if (isAbstract || modifiers.Contains("virtual", StringComparison.Ordinal))
            {
                method.IsVirtual = true;
                method.IsAbstract = isAbstract;
                method.IsNewSlot = !Overrides(type, method);
            }
        }

        if (type.BaseType?.FullName == "System.MulticastDelegate")
        {
            method.ImplAttributes = MethodImplAttributes.Runtime;
        }
        else if (!isAbstract)
        {
            method.Body = new MethodBody(method);
            method.Body.GetILProcessor().Emit(OpCodes.Ldnull);
            method.Body.GetILProcessor().Emit(OpCodes.Throw);
        }

        if (name is "Format" or "Concat" && parameters.Count > 0 && parameters[^1].EndsWith("[]", StringComparison.Ordinal) && type.FullName == "System.String")
        {
            var constructor = new MethodReference(".ctor", TypeOf(list, "System.Void"), TypeOf(list, "System.ParamArrayAttribute")) { HasThis = true };
            method.Parameters[^1].CustomAttributes.Add(new CustomAttribute(constructor, [1, 0, 0, 0]));
        }

        type.Methods.Add(method);
        return method;
    }

    private bool Overrides(TypeDefinition type, MethodDefinition method)
    {
        for (TypeReference? at = type.BaseType; at is not null; at = _types[FullName(at)].BaseType)
        {
            bool isThere = _types[FullName(at)].Methods.Any(other => other.IsVirtual && other.Name == method.Name
                && other.Parameters.Select(parameter => parameter.ParameterType.FullName).SequenceEqual(method.Parameters.Select(parameter => parameter.ParameterType.FullName), StringComparer.Ordinal));
            if (isThere)
            {
                return true;
            }
        }

        return false;
    }

    private TypeReference TypeOf(SurfaceList list, string name)
    {
        if (name.EndsWith("[]", StringComparison.Ordinal))
        {
            return new ArrayType(TypeOf(list, name[..^2]));
        }

        if (name.EndsWith('@'))
        {
            return new ByReferenceType(TypeOf(list, name[..^1]));
        }

        if (name.EndsWith('*'))
        {
            return new PointerType(TypeOf(list, name[..^1]));
        }

        if (!_types.TryGetValue(name, out TypeDefinition? type))
        {
            throw new InvalidDataException($"{list.Path}: the type {name} is in none of the lists.");
        }

        ModuleDefinition module = list.Assembly.MainModule;
        return SurfaceLine.Primitive(module.TypeSystem, name) ?? module.ImportReference(type);
    }

    private static string FullName(TypeReference type) => type.FullName.Replace('/', '.');

    /// <summary>Whether a name is or has a type argument.</summary>
    internal static bool IsGeneric(string name) => name.Contains('`', StringComparison.Ordinal) || name.Contains('{', StringComparison.Ordinal);
}
