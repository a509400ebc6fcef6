using Mono.Cecil;
using Mono.Cecil.Cil;

namespace DePin.Fence;

/// <summary>Something that compiles and does not run, or runs otherwise, on nanoFramework 1.x.</summary>
/// <param name="Rule">What it is.</param>
/// <param name="Place">Type and member.</param>
internal sealed record Finding(Rule Rule, string Place);

/// <summary>What is looked for; the facts behind it are measured on the interpreter.</summary>
internal enum Rule
{
    /// <summary>Generic methods return 0; a generic type stops the loader without a message.</summary>
    Generic,

    /// <summary>An array of two dimensions stops the loader.</summary>
    MultiDimensionalArray,

    /// <summary>checked never throws.</summary>
    CheckedArithmetic,

    /// <summary>stackalloc throws.</summary>
    StackAllocation,

    /// <summary>Pointers are rejected.</summary>
    Pointer,

    /// <summary>A default member of an interface throws.</summary>
    DefaultInterfaceMember,

    /// <summary>ToString of an enum gives its number, also inside a string.</summary>
    EnumAsText,

    /// <summary>A floating-point number becomes another unsigned integer than elsewhere.</summary>
    FloatToUnsigned,

    /// <summary>Comparing, parsing or formatting by culture differs or is missing.</summary>
    Culture,

    /// <summary>Static initialisers run early and in another order, and what they throw is swallowed; non-capturing lambdas have one too.</summary>
    StaticConstructor,

    /// <summary>Two nodes in one process must not share anything, and an array takes its memory for ever.</summary>
    StaticState,

    /// <summary>A string ends at a NUL.</summary>
    NulInString,

    /// <summary>Random gives other sequences, and is not random enough for keys.</summary>
    Random,

    /// <summary>The core is told the time; a DateTime begins in 1601 here.</summary>
    DateTime,
}

/// <summary>Looks through compiled code.</summary>
internal static class Forbidden
{
    private const StringComparison Exactly = StringComparison.Ordinal;

    /// <param name="path">The assembly.</param>
    /// <param name="isCore">Whether it is contracts or node, which know neither chance nor calendar.</param>
    /// <param name="referenceFolder">Where the surface's assemblies are.</param>
    public static IReadOnlyList<Finding> In(string path, bool isCore, string referenceFolder)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(referenceFolder);
        resolver.AddSearchDirectory(Path.GetDirectoryName(path)!);
        using var assembly = AssemblyDefinition.ReadAssembly(path, new ReaderParameters { AssemblyResolver = resolver });
        var findings = new List<Finding>();
        foreach (TypeDefinition type in assembly.MainModule.GetTypes())
        {
            In(type, isCore, findings);
        }

        return [.. findings.Distinct()];
    }

    private static void In(TypeDefinition type, bool isCore, List<Finding> findings)
    {
        if (type.HasGenericParameters)
        {
            findings.Add(new Finding(Rule.Generic, type.FullName));
        }

        foreach (FieldDefinition field in type.Fields)
        {
            Type(field.FieldType, isCore, field.FullName, findings);
            if (isCore && field.IsStatic && !field.IsLiteral && !type.Name.StartsWith('<'))
            {
                findings.Add(new Finding(Rule.StaticState, field.FullName));
            }
        }

        foreach (InterfaceImplementation implemented in type.Interfaces)
        {
            Type(implemented.InterfaceType, isCore, type.FullName, findings);
        }

        foreach (MethodDefinition method in type.Methods)
        {
            Signature(type, method, isCore, findings);
            if (method.HasBody)
            {
                foreach (VariableDefinition local in method.Body.Variables)
                {
                    Type(local.VariableType, isCore, method.FullName, findings);
                }

                Instructions.Check(method, isCore, findings);
            }
        }
    }

    private static void Signature(TypeDefinition type, MethodDefinition method, bool isCore, List<Finding> findings)
    {
        if (method.HasGenericParameters)
        {
            findings.Add(new Finding(Rule.Generic, method.FullName));
        }

        if (method.IsConstructor && method.IsStatic)
        {
            findings.Add(new Finding(Rule.StaticConstructor, method.FullName));
        }

        if (type.IsInterface && method.HasBody)
        {
            findings.Add(new Finding(Rule.DefaultInterfaceMember, method.FullName));
        }

        Type(method.ReturnType, isCore, method.FullName, findings);
        foreach (ParameterDefinition parameter in method.Parameters)
        {
            Type(parameter.ParameterType, isCore, method.FullName, findings);
        }
    }

    /// <summary>Judges a type that code names.</summary>
    internal static void Type(TypeReference type, bool isCore, string place, List<Finding> findings)
    {
        switch (type)
        {
            case GenericInstanceType or GenericParameter:
                findings.Add(new Finding(Rule.Generic, place));
                return;
            case ArrayType { Rank: > 1 }:
                findings.Add(new Finding(Rule.MultiDimensionalArray, place));
                return;
            case PointerType or PinnedType or FunctionPointerType:
                findings.Add(new Finding(Rule.Pointer, place));
                return;
            case TypeSpecification specification:
                Type(specification.ElementType, isCore, place, findings);
                return;
        }

        if (isCore && type.FullName == "System.Random")
        {
            findings.Add(new Finding(Rule.Random, place));
        }

        if (isCore && type.FullName is "System.DateTime" or "System.TimeSpan" && isCore)
        {
            findings.Add(new Finding(Rule.DateTime, place));
        }
    }

    /// <summary>Whether a method compares, parses or formats by culture.</summary>
    internal static bool IsByCulture(MethodReference method)
    {
        string type = method.DeclaringType.FullName;
        return type.StartsWith("System.Globalization.", Exactly)
            || (type == "System.String" && method.Name is "Compare" or "CompareTo" or "ToLower" or "ToUpper")
            || (type is "System.Double" or "System.Single" or "System.DateTime" && method.Name is "ToString" or "Parse" or "TryParse");
    }
}
