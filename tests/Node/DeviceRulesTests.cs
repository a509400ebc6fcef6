using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using DePin.Contracts;
using DePin.Node;

namespace DePin.Tests.Node;

/// <summary>What the interpreter on the board cannot do, or does wrong, is not in what it will run.</summary>
public sealed class DeviceRulesTests
{
    private const byte GenericInstance = 0x15;
    private const byte MultiDimensionalArray = 0x14;

    public static TheoryData<string> Assemblies => [typeof(Topics).Assembly.Location, typeof(NodeCounts).Assembly.Location];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void There_are_no_generics_no_static_constructors_and_no_static_state(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        MetadataReader reader = file.GetMetadataReader();
        Assert.Equal(0, reader.GetTableRowCount(TableIndex.GenericParam));
        Assert.Equal(0, reader.GetTableRowCount(TableIndex.MethodSpec));
        for (int row = 1; row <= reader.GetTableRowCount(TableIndex.TypeSpec); row++)
        {
            byte kind = reader.GetBlobBytes(reader.GetTypeSpecification(MetadataTokens.TypeSpecificationHandle(row)).Signature)[0];
            Assert.False(kind is GenericInstance or MultiDimensionalArray, "a generic type or an array of two dimensions");
        }

        foreach (TypeDefinition type in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
        {
            string name = reader.GetString(type.Name);
            Assert.DoesNotContain(type.GetMethods(), method => reader.StringComparer.Equals(reader.GetMethodDefinition(method).Name, ".cctor"));
            if (name != "<PrivateImplementationDetails>")
            {
                Assert.All(type.GetFields().Select(reader.GetFieldDefinition), field => Assert.False(
                    field.Attributes.HasFlag(System.Reflection.FieldAttributes.Static) && !field.Attributes.HasFlag(System.Reflection.FieldAttributes.Literal),
                    $"{name}.{reader.GetString(field.Name)} is static state"));
            }
        }
    }

    [Theory]
    [InlineData("shared-contracts/Contracts.projitems")]
    [InlineData("firmware/node/Node.projitems")]
    public void The_list_of_files_is_what_is_on_disk(string list)
    {
        string path = Path.Combine(Root(), list);
        string folder = Path.GetDirectoryName(path)!;
        IEnumerable<string> listed = XDocument.Load(path).Descendants("Compile")
            .Select(item => item.Attribute("Include")!.Value.Replace("$(MSBuildThisFileDirectory)", "", StringComparison.Ordinal));
        IEnumerable<string> onDisk = Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Where(file => !file.StartsWith("bin/", StringComparison.Ordinal) && !file.StartsWith("obj/", StringComparison.Ordinal));
        Assert.Equal(onDisk.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private static string Root([CallerFilePath] string here = "")
    {
        string? folder = Path.GetDirectoryName(here);
        while (folder is not null && !File.Exists(Path.Combine(folder, "DePin.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException($"no DePin.sln above {here}");
    }
}
