using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using DePin.Contracts.Identity;

namespace DePin.Tests.House;

/// <summary>
/// What compiles in C# 9 and lies on nanoFramework 1.x, looked for in the compiled code: generics, static constructors, static
/// fields, multi-dimensional arrays, async and iterators.
/// </summary>
public sealed class DeviceCodeTests
{
    private const byte GenericInstance = 0x15;
    private const byte MultiDimensionalArray = 0x14;

    public static TheoryData<Assembly> DeviceAssemblies => new(typeof(NodeId).Assembly, typeof(DePin.Node.Node).Assembly);

    [Theory]
    [MemberData(nameof(DeviceAssemblies))]
    public void Nothing_is_generic(Assembly assembly) => Look(assembly, reader =>
    {
        Assert.Empty(Enumerable.Range(1, reader.GetTableRowCount(TableIndex.GenericParam)).Select(row => ParameterOwner(reader, MetadataTokens.GenericParameterHandle(row))));
        Assert.Equal(0, reader.GetTableRowCount(TableIndex.MethodSpec));
        for (int row = 1; row <= reader.GetTableRowCount(TableIndex.TypeSpec); row++)
        {
            TypeSpecification specification = reader.GetTypeSpecification(MetadataTokens.TypeSpecificationHandle(row));
            byte kind = reader.GetBlobReader(specification.Signature).ReadByte();
            Assert.False(kind == GenericInstance, $"{assembly.GetName().Name} uses a generic type.");
            Assert.False(kind == MultiDimensionalArray, $"{assembly.GetName().Name} uses an array of more than one dimension.");
        }
    });

    [Theory]
    [MemberData(nameof(DeviceAssemblies))]
    public void Nothing_is_initialised_statically(Assembly assembly) => Look(assembly, reader =>
    {
        foreach (MethodDefinitionHandle handle in reader.MethodDefinitions)
        {
            MethodDefinition method = reader.GetMethodDefinition(handle);
            Assert.False(reader.GetString(method.Name) == ".cctor", $"{TypeName(reader, method.GetDeclaringType())} has a static constructor; the device runs it early, in an order of its own.");
        }

        foreach (FieldDefinitionHandle handle in reader.FieldDefinitions)
        {
            FieldDefinition field = reader.GetFieldDefinition(handle);
            bool isVariable = field.Attributes.HasFlag(FieldAttributes.Static) && !field.Attributes.HasFlag(FieldAttributes.Literal);
            string type = TypeName(reader, field.GetDeclaringType());
            Assert.False(isVariable && !type.StartsWith('<'), $"{type}.{reader.GetString(field.Name)} is a static field.");
        }
    });

    [Theory]
    [MemberData(nameof(DeviceAssemblies))]
    public void Nothing_refers_to_what_the_device_does_not_have(Assembly assembly) => Look(assembly, reader =>
    {
        string[] missing =
        [
            "System.Linq", "System.Collections.Generic", "System.Threading.Tasks", "System.Runtime.Intrinsics", "System.Security.Cryptography", "System.Text.RegularExpressions",
        ];
        string[] missingTypes = ["System.Span`1", "System.ReadOnlySpan`1", "System.ValueTuple`2", "System.Nullable`1", "System.Decimal", "System.DateTimeOffset", "System.OverflowException", "System.DivideByZeroException"];
        foreach (TypeReferenceHandle handle in reader.TypeReferences)
        {
            TypeReference reference = reader.GetTypeReference(handle);
            string space = reader.GetString(reference.Namespace);
            string name = $"{space}.{reader.GetString(reference.Name)}";
            Assert.False(missing.Contains(space) || missingTypes.Contains(name), $"{assembly.GetName().Name} refers to {name}.");
        }
    });

    private static void Look(Assembly assembly, Action<MetadataReader> look)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        look(file.GetMetadataReader());
    }

    private static string ParameterOwner(MetadataReader reader, GenericParameterHandle handle)
    {
        EntityHandle owner = reader.GetGenericParameter(handle).Parent;
        return owner.Kind == HandleKind.TypeDefinition
            ? TypeName(reader, (TypeDefinitionHandle)owner)
            : reader.GetString(reader.GetMethodDefinition((MethodDefinitionHandle)owner).Name);
    }

    private static string TypeName(MetadataReader reader, TypeDefinitionHandle handle) => reader.GetString(reader.GetTypeDefinition(handle).Name);
}
