using System.Text.RegularExpressions;
using System.Xml.Linq;
using DePin.Tests.Support;

namespace DePin.Tests.House;

/// <summary>Who may import whom. A new arrow is a decision: it is drawn here first.</summary>
public sealed partial class ArrowTests
{
    private const string Backend = "fleet-backend/";

    private static readonly Dictionary<string, string[]> References = new()
    {
        ["shared-contracts/Contracts.csproj"] = [],
        ["firmware/node/Node.csproj"] = ["shared-contracts/Contracts.csproj"],
        ["firmware/fence/Fence.csproj"] = [],
        ["firmware/host/Node.Host.csproj"] = ["firmware/node/Node.csproj", "shared-contracts/Contracts.csproj"],
        ["fleet-backend/FleetBackend.csproj"] = ["shared-contracts/Contracts.csproj"],
        ["tools/Depin.csproj"] = ["firmware/host/Node.Host.csproj", "firmware/fence/Fence.csproj", "shared-contracts/Contracts.csproj"],
    };

    // One clock for a demonstration, compiled into both sides of it.
    private static readonly string[] SharedFiles = ["firmware/host/ScaledClock.cs"];

    [Fact]
    public void A_project_references_only_what_the_house_allows()
    {
        foreach (string project in Sources.All.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal) && !path.StartsWith("tests/", StringComparison.Ordinal)))
        {
            Assert.True(References.TryGetValue(project, out string[]? allowed), $"{project} has no arrows in the house: say here what it may reference.");
            XDocument content = XDocument.Parse(Sources.Text(project));
            foreach (XElement reference in content.Descendants("ProjectReference").Where(IsCodeReferenced))
            {
                string target = Target(project, (string)reference.Attribute("Include")!);
                Assert.True(allowed.Contains(target), $"{project} references {target}.");
            }
        }
    }

    [Fact]
    public void No_project_compiles_the_files_of_another_one()
    {
        foreach (string project in Sources.All.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            string folder = project[..(project.LastIndexOf('/') + 1)];
            foreach (XElement file in XDocument.Parse(Sources.Text(project)).Descendants("Compile").Where(file => file.Attribute("Include") is not null))
            {
                string target = Target(project, (string)file.Attribute("Include")!);
                Assert.True(target.StartsWith(folder, StringComparison.Ordinal) || SharedFiles.Contains(target) || IsBoardOnStandIns(project, target), $"{project} compiles {target}.");
            }
        }
    }

    // The adapters have no .csproj: only the fence, and the stand-ins of the tests, compile them here.
    private static bool IsBoardOnStandIns(string project, string target) =>
        project == "tests/StandIns/StandIns.csproj" && (target.StartsWith("firmware/esp32/", StringComparison.Ordinal) || target.StartsWith("firmware/loader/", StringComparison.Ordinal));

    [Fact]
    public void The_host_and_the_tools_know_nothing_of_the_backends_code()
    {
        string[] files = [.. Sources.CSharp("firmware/"), .. Sources.CSharp("tools/"), .. Sources.CSharp("shared-contracts/")];
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.False(Sources.Text(file).Contains("DePin." + "Fleet", StringComparison.Ordinal), $"{file} names the backend's namespace."));
    }

    [Fact]
    public void Nobody_but_the_composition_imports_the_edges_of_the_backend()
    {
        foreach (string file in Sources.CSharp(Backend).Where(file => file.Count(c => c == '/') > 1))
        {
            string folder = file.Split('/')[1];
            foreach (string edge in (string[])["Gateway", "Web"])
            {
                Assert.False(folder != edge && Names(file, edge), $"{file} imports {edge}, which is an edge: only the files at the top of fleet-backend put it together.");
            }
        }
    }

    [Theory]
    [InlineData("Verification")]
    [InlineData("Crediting")]
    public void A_pure_folder_knows_neither_database_nor_web_nor_clock(string folder)
    {
        foreach (string file in Sources.CSharp(Backend + folder + "/").Where(file => !IsStore(file)))
        {
            Match found = Impure().Match(Sources.Text(file));
            Assert.False(found.Success, $"{file} uses {found.Value}; what it decides it decides from (state, input, now).");
        }
    }

    [Fact]
    public void A_capabilitys_sql_stands_in_its_store()
    {
        foreach (string file in Sources.CSharp(Backend).Where(file => !IsStore(file) && !file.StartsWith(Backend + "Storage/", StringComparison.Ordinal)))
        {
            Match found = Sql().Match(Sources.Text(file));
            Assert.False(found.Success, $"{file} contains SQL ('{found.Value}'); it belongs into a file named ...Store.cs.");
        }
    }

    private static bool IsStore(string file) => file.EndsWith("Store.cs", StringComparison.Ordinal);

    private static bool IsCodeReferenced(XElement reference) => (string?)reference.Attribute("ReferenceOutputAssembly") != "false";

    private static bool Names(string file, string folder) => Sources.Lines(file).Any(line =>
        !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Regex.IsMatch(line, $@"\bDePin\.Fleet\.{folder}\b|(?<![\w.""]){folder}\.[A-Z]", RegexOptions.None, TimeSpan.FromSeconds(1)));

    private static string Target(string project, string include)
    {
        string folder = Path.GetDirectoryName(Checkout.File(project))!;
        return Path.GetRelativePath(Checkout.Root, Path.GetFullPath(Path.Combine(folder, include.Replace('\\', '/')))).Replace('\\', '/');
    }

    [GeneratedRegex(@"Microsoft\.Data\.Sqlite|\bDapper\b|\bDbConnection\b|Microsoft\.AspNetCore|\bHttpContext\b|\bTimeProvider\b|DateTime(Offset)?\.(Utc)?Now|\bFile\.|\bRandom\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Impure();

    [GeneratedRegex(@"\bSELECT\s+[\w(*@].{0,200}?\bFROM\b|\bINSERT\s+(OR\s+\w+\s+)?INTO\b|\bUPDATE\s+\w+\s+SET\b|\bDELETE\s+FROM\b|\bCREATE\s+(TABLE|INDEX)\b|\bPRAGMA\s+\w", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Sql();
}
