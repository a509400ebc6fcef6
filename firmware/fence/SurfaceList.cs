using System.Globalization;
using Mono.Cecil;

namespace DePin.Fence;

/// <summary>One list: the surface of one assembly, whose name the file bears.</summary>
internal sealed class SurfaceList
{
    private const string CoreLibrary = "mscorlib";

    public SurfaceList(string path)
    {
        Path = path;
        string name = System.IO.Path.GetFileNameWithoutExtension(path);
        Assembly = AssemblyDefinition.CreateAssembly(new AssemblyNameDefinition(name, new Version(1, 0, 0, 0)), name, ModuleKind.Dll);
        Assembly.MainModule.RuntimeVersion = "v4.0.30319";
        Lines = [.. File.ReadLines(path).Select(SurfaceLine.Parse).Where(line => !line.IsGeneric)];
    }

    public string Path { get; }

    public AssemblyDefinition Assembly { get; private set; }

    public IReadOnlyList<SurfaceLine> Lines { get; }

    /// <summary>Replaces the assembly by what a reader sees of it.</summary>
    public void WriteAndRead()
    {
        // The reader goes on reading from it for as long as the assembly lives.
        var stream = new MemoryStream();
        if (Assembly.Name.Name != CoreLibrary)
        {
            Assembly.MainModule.AssemblyReferences.Add(new AssemblyNameReference(CoreLibrary, Assembly.Name.Version));
        }

        Assembly.Write(stream);
        stream.Position = 0;
        Assembly = AssemblyDefinition.ReadAssembly(stream);
    }
}

/// <summary>A line of a list.</summary>
/// <param name="Kind">T, F, P, E or M, as in documentation ids.</param>
/// <param name="Name">Full name, without parameters.</param>
/// <param name="Parameters">Types of the parameters.</param>
/// <param name="Description">What stands behind the tab.</param>
internal sealed record SurfaceLine(char Kind, string Name, IReadOnlyList<string> Parameters, string Description)
{
    private static readonly string[] ModifierWords = ["static", "virtual", "abstract", "protected"];

    public bool IsGeneric => Surface.IsGeneric(Name) || Surface.IsGeneric(ResultType) || Parameters.Any(Surface.IsGeneric);

    // A constructor of X is X.#ctor.
    public string DeclaringName => Name.LastIndexOf('.') is var dot && dot < 0 ? string.Empty : Name[..dot];

    public string SimpleName => Name[(Name.LastIndexOf('.') + 1)..];

    /// <summary>The words before the result type.</summary>
    public string Modifiers => string.Join(' ', Words.TakeWhile(word => ModifierWords.Contains(word)));

    /// <summary>Type of a field, property or event, or what a method returns.</summary>
    public string ResultType => Kind == 'T' ? string.Empty : Words.First(word => !ModifierWords.Contains(word));

    /// <summary>Value of a constant, or null.</summary>
    public string? Value => Description.IndexOf(" = ", StringComparison.Ordinal) is var at && at < 0 ? null : Description[(at + 3)..];

    private string[] Words => Description.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <exception cref="InvalidDataException">The line is not in the form.</exception>
    public static SurfaceLine Parse(string line)
    {
        string[] halves = line.Split('\t');
        if (halves.Length != 2 || halves[0].Length < 3 || halves[0][1] != ':')
        {
            throw new InvalidDataException($"This is no line of a surface list: {line}");
        }

        string id = halves[0][2..];
        int result = id.IndexOf('~', StringComparison.Ordinal);
        id = result < 0 ? id : id[..result];
        int open = id.IndexOf('(', StringComparison.Ordinal);
        string[] parameters = open < 0 ? [] : id[(open + 1)..^1].Split(',');
        return new SurfaceLine(halves[0][0], open < 0 ? id : id[..open], parameters, halves[1]);
    }

    /// <summary>A constant of a primitive type, or null where C# has none of that type.</summary>
    public static object? Constant(string type, string value) => type switch
    {
        "System.Int32" => int.Parse(value, CultureInfo.InvariantCulture),
        "System.UInt32" => uint.Parse(value, CultureInfo.InvariantCulture),
        "System.Int64" => long.Parse(value, CultureInfo.InvariantCulture),
        "System.UInt64" => ulong.Parse(value, CultureInfo.InvariantCulture),
        "System.Int16" => short.Parse(value, CultureInfo.InvariantCulture),
        "System.UInt16" => ushort.Parse(value, CultureInfo.InvariantCulture),
        "System.Byte" => byte.Parse(value, CultureInfo.InvariantCulture),
        "System.SByte" => sbyte.Parse(value, CultureInfo.InvariantCulture),
        "System.Boolean" => bool.Parse(value),
        "System.String" => value,
        _ => null,
    };

    /// <summary>The type that a signature tells by a code, or null; C# does not accept a token in its place.</summary>
    public static TypeReference? Primitive(TypeSystem types, string name) => name switch
    {
        "System.Void" => types.Void,
        "System.Object" => types.Object,
        "System.String" => types.String,
        "System.Boolean" => types.Boolean,
        "System.Char" => types.Char,
        "System.SByte" => types.SByte,
        "System.Byte" => types.Byte,
        "System.Int16" => types.Int16,
        "System.UInt16" => types.UInt16,
        "System.Int32" => types.Int32,
        "System.UInt32" => types.UInt32,
        "System.Int64" => types.Int64,
        "System.UInt64" => types.UInt64,
        "System.Single" => types.Single,
        "System.Double" => types.Double,
        "System.IntPtr" => types.IntPtr,
        "System.UIntPtr" => types.UIntPtr,
        _ => null,
    };
}
