using System.Xml.Linq;
using DePin.Contracts.Updates;
using DePin.Fence;
using DePin.Tests.Support;

namespace DePin.Tests.Fence;

/// <summary>The firmware compiles against exactly what a board has, and what compiles there and lies is found.</summary>
public sealed class FenceTests(FenceTests.Plants plants, ITestOutputHelper output) : IClassFixture<FenceTests.Plants>
{
    [Fact]
    public void Everything_a_board_loads_compiles_against_its_surface_and_holds_nothing_that_lies()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<UnitResult> results = FenceRun.Run(Checkout.Root, folder.Path);
        Assert.NotEmpty(results);
        foreach (UnitResult result in results)
        {
            output.WriteLine($"{result.Name}: {result.Bytes} bytes (.dll, the stand-in for a .pe)");
            Assert.True(result.IsClean, $"{result.Name}: {string.Join('\n', result.Complaints.Concat(result.Findings.Select(finding => finding.ToString())))}");
            Assert.True(result.Bytes > 1024);
        }

        Assert.InRange(results.Single(result => result.Name == "DePin.Node.Esp32").Bytes, 1024, UpdateLimits.BundleBytes);
    }

    [Theory]
    [InlineData("GenericClass", nameof(Rule.Generic))]
    [InlineData("GenericMethod", nameof(Rule.Generic))]
    [InlineData("TwoDimensions", nameof(Rule.MultiDimensionalArray))]
    [InlineData("Checked", nameof(Rule.CheckedArithmetic))]
    [InlineData("OnTheStack", nameof(Rule.StackAllocation))]
    [InlineData("Pointed", nameof(Rule.Pointer))]
    [InlineData("IWithDefault", nameof(Rule.DefaultInterfaceMember))]
    [InlineData("EnumToString", nameof(Rule.EnumAsText))]
    [InlineData("EnumInterpolated", nameof(Rule.EnumAsText))]
    [InlineData("DoubleToUnsigned", nameof(Rule.FloatToUnsigned))]
    [InlineData("FieldToUnsigned", nameof(Rule.FloatToUnsigned))]
    [InlineData("ResultToUnsigned", nameof(Rule.FloatToUnsigned))]
    [InlineData("Compared", nameof(Rule.Culture))]
    [InlineData("Lowered", nameof(Rule.Culture))]
    [InlineData("Formatted", nameof(Rule.Culture))]
    [InlineData("Initialised", nameof(Rule.StaticConstructor))]
    [InlineData("WithConstructor", nameof(Rule.StaticConstructor))]
    [InlineData("Shared", nameof(Rule.StaticState))]
    [InlineData("Lambda", nameof(Rule.StaticConstructor))]
    [InlineData("Nul", nameof(Rule.NulInString))]
    [InlineData("Dice", nameof(Rule.Random))]
    [InlineData("Calendar", nameof(Rule.DateTime))]
    public void What_compiles_and_lies_is_found_where_it_is_planted(string planted, string rule)
    {
        Assert.Empty(plants.Result.Complaints);
        Assert.Contains(plants.Result.Findings, finding => finding.Rule.ToString() == rule && finding.Place.Contains($"Plants.{planted}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("shared-contracts/Contracts.projitems")]
    [InlineData("firmware/node/Node.projitems")]
    [InlineData("firmware/esp32/Node.Esp32.nfproj")]
    [InlineData("firmware/loader/Loader.nfproj")]
    public void The_list_of_files_is_what_is_on_disk(string project)
    {
        string folder = Path.Combine(Checkout.Root, Path.GetDirectoryName(project)!);
        IEnumerable<string> onDisk = Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(folder, file).Replace('\\', '/').Split('/').Intersect(["bin", "obj"]).Any());
        Assert.Equal(onDisk.Order(StringComparer.Ordinal), Units.Listed(Checkout.Root, project).Where(file => file.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_packages_of_a_board_project_are_those_it_refers_to()
    {
        foreach (string project in new[] { "firmware/esp32/Node.Esp32.nfproj", "firmware/loader/Loader.nfproj" })
        {
            string path = Path.Combine(Checkout.Root, project);
            IEnumerable<string> packages = XDocument.Load(Path.Combine(Path.GetDirectoryName(path)!, "packages.config")).Descendants("package").Select(package => $"{(string)package.Attribute("id")!}.{(string)package.Attribute("version")!}");
            IEnumerable<string> referred = XDocument.Load(path).Descendants().Where(element => element.Name.LocalName == "HintPath").Select(hint => hint.Value.Split('\\')[3]);
            Assert.Equal(packages.Order(StringComparer.Ordinal), referred.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Code_that_runs_as_it_reads_is_left_alone() =>
        Assert.DoesNotContain(plants.Result.Findings, finding => finding.Place.Contains("Honest", StringComparison.Ordinal));

    [Theory]
    [InlineData("System.Collections.Generic.List<int>? list = null;")]
    [InlineData("int? number = null;")]
    [InlineData("System.Func<int>? function = null;")]
    [InlineData("decimal money = 1;")]
    [InlineData("byte[] hash = System.Security.Cryptography.SHA256.HashData(new byte[1]);")]
    [InlineData("string joined = string.Join(\",\", new string[0]);")]
    [InlineData("System.Array.Sort(new int[0]);")]
    [InlineData("System.Span<byte> span = default;")]
    [InlineData("System.Threading.Tasks.Task? task = null;")]
    [InlineData("record Pair(int A, int B);")]
    public void What_the_board_does_not_have_does_not_compile(string code)
    {
        using var folder = new TemporaryFolder();
        string source = folder.File("Missing.cs");
        File.WriteAllText(source, code.StartsWith("record", StringComparison.Ordinal) ? code : $"class Missing {{ void Use() {{ {code} }} }}");
        Assert.Contains(DeviceCompiler.Compile([source], plants.Surface, folder.File("Missing.dll"), allowsPointers: false), complaint => complaint.Contains("error CS", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_that_cannot_be_read_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("mscorlib.txt"), "T:System.Object\tclass\nM:System.Object.Strange(System.Missing)\tSystem.Void\nT:System.Void\tstruct\n");
        var problem = Assert.Throws<InvalidDataException>(() => Surface.Write(folder.Path, folder.File("out")));
        Assert.Contains("System.Missing", problem.Message, StringComparison.Ordinal);
        Assert.Contains("mscorlib.txt", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>Everything forbidden, compiled once.</summary>
    public sealed class Plants : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Plants()
        {
            string surface = _folder.File("surface");
            Surface = DePin.Fence.Surface.Write(FenceRun.SurfaceFolder, surface);
            string source = _folder.File("Plants.cs");
            File.WriteAllText(source, Source);
            string assembly = _folder.File("Plants.dll");
            Result = FenceRun.Compile("Plants", [source], Surface, assembly, isCore: true, surface, allowsPointers: true);
        }

        internal IReadOnlyList<string> Surface { get; }

        internal UnitResult Result { get; }

        public void Dispose() => _folder.Dispose();

        private const string Source = """
            namespace Plants
            {
                public enum Colour { Red }
                public delegate int Change(int value);
                public class GenericClass<T> { public T? Value; }
                public class GenericMethod { public static T Same<T>(T value) { return value; } }
                public class TwoDimensions { public int[,] Field = new int[2, 2]; }
                public class Checked { public int Add(int a, int b) { return checked(a + b); } }
                public class OnTheStack { public unsafe int Use() { int* numbers = stackalloc int[4]; return numbers[0]; } }
                public class Pointed { public unsafe int Use(int[] array) { fixed (int* first = array) { return *first; } } }
                public interface IWithDefault { int Answer() { return 42; } }
                public class EnumToString { public string Text(Colour colour) { return colour.ToString(); } }
                public class EnumInterpolated { public string Text(Colour colour) { return $"it is {colour}"; } }
                public class DoubleToUnsigned { public ulong Convert(double value) { return (ulong)value; } }
                public class FieldToUnsigned { private double _value = 1; public uint Convert(bool which) { return (uint)(which ? _value * 2 : _value); } }
                public class ResultToUnsigned { public ulong Convert(float value) { return (ulong)System.Math.Floor(value); } }
                public class Compared { public int Order(string a, string b) { return string.Compare(a, b); } }
                public class Lowered { public string Text(string text) { return text.ToLower(); } }
                public class Formatted { public string Text(double value) { return value.ToString("N2"); } }
                public class Initialised { public static int[] Numbers = new int[] { 1, 2 }; }
                public class WithConstructor { static WithConstructor() { Value = 3; } public static int Value; }
                public class Shared { public static int Value; }
                public class Lambda { public Change Make() { return value => value + 1; } }
                public class Nul { public string Text() { return "a\0b"; } }
                public class Dice { public int Throw() { return new System.Random().Next(6); } }
                public class Calendar { public int Year() { return System.DateTime.UtcNow.Year; } }

                public sealed class Honest
                {
                    private readonly long[] _numbers = new long[4];
                    private int _more = 3;

                    public ulong Widen(uint value) { return (ulong)value * 2; }
                    public Change Make(int offset) { return value => value + offset + _more; }
                    public string Text(int value) { return $"{value} of {_numbers.Length}"; }
                    public double Mean(double a, int b) { return (a + b) / 2; }
                    public byte Low(long value, double ignored) { return (byte)(ignored > 1 ? value : value >> 8); }
                    public int Sum(byte[] bytes) { int sum = 0; foreach (byte one in bytes) { sum += one; } return sum; }
                    public string Colours(Colour colour) { switch (colour) { case Colour.Red: return "red"; default: return "none"; } }
                }
            }
            """;
    }
}
