using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DePin.Tests.House;

/// <summary>Rules for files: their length, their names, their words, and the lists that must agree with the disk.</summary>
public sealed partial class FileTests
{
    private const int MostLines = 350;

    // Put together from parts, so that this file does not contain what it looks for. Regular expressions, case ignored.
    private static readonly string[] Banned =
    [
        "(?<![\\w.])/wo" + "rk/", "/tm" + "p/(brief|wt)\\b", "/ro" + "ot/", "/ho" + "me/\\w", "C:\\\\" + "Users",
        "nuget\\." + "org", "npm" + "js\\.", "py" + "pi\\.org", "pkgs\\." + "dev\\.azure", "registry" + "\\.\\w+\\.\\w", "artif" + "actory\\.", "crates\\." + "io", "proxy\\." + "golang",
        "chat" + "gpt", "open" + "ai", "anthro" + "pic", "clau" + "de", "co" + "pilot", "\\bL" + "LM\\b", "language " + "model", "sub" + "agent", "\\bassis" + "tant",
        "\\biss" + "ues?:? #?\\d", "\\bTO" + "DO\\b", "\\bFIX" + "ME\\b", "Not" + "ImplementedException",
    ];

    [Fact]
    public void A_source_file_is_about_one_thing_and_short()
    {
        string[] kinds = [".cs", ".py", ".sh", ".sql", ".js", ".css", ".razor"];
        Assert.All(Sources.All.Where(path => kinds.Contains(Path.GetExtension(path))), path =>
        {
            int lines = Sources.Lines(path).Length;
            Assert.True(lines <= MostLines, $"{path} has {lines} lines; {MostLines} is the limit.");
        });
    }

    [Fact]
    public void No_file_or_type_hides_behind_a_name_that_says_nothing()
    {
        // The stand-ins bear the names of others.
        foreach (string path in Sources.CSharp().Where(path => !path.StartsWith("tests/StandIns/", StringComparison.Ordinal)))
        {
            Match found = EmptyName().Match(Path.GetFileNameWithoutExtension(path) + "\n" + Sources.Text(path));
            Assert.False(found.Success, $"{path}: '{found.Value}' does not say what the thing is.");
        }
    }

    [Fact]
    public void The_project_speaks_of_itself_alone()
    {
        foreach (string path in Sources.All)
        {
            string text = Sources.Text(path);
            foreach (string word in Banned)
            {
                Match found = Regex.Match(text, word, RegexOptions.IgnoreCase, TimeSpan.FromSeconds(5));
                Assert.False(found.Success, $"{path}, line {text.AsSpan(0, found.Index).Count('\n') + 1}: '{found.Value}' belongs to a machine or to somebody's work, not to the project.");
            }
        }
    }

    [Fact]
    public void A_lock_file_names_no_host()
    {
        string[] locks = [.. Sources.All.Where(path => path.EndsWith("packages.lock.json", StringComparison.Ordinal) || path.EndsWith("package-lock.json", StringComparison.Ordinal))];
        Assert.True(locks.Length >= 6, "every project has a lock file");
        Assert.All(locks, path =>
        {
            string text = Sources.Text(path);
            Assert.DoesNotContain("://", text, StringComparison.Ordinal);
            Assert.True(text.Contains("\"net10.0\"", StringComparison.Ordinal) || path.EndsWith("package-lock.json", StringComparison.Ordinal), $"{path} is empty: a restore failed.");
        });
    }

    [Fact]
    public void A_test_waits_for_a_fact_and_never_for_a_time()
    {
        foreach (string path in Sources.CSharp("tests/"))
        {
            Match found = Waiting().Match(Sources.Text(path));
            Assert.False(found.Success, $"{path}: '{found.Value}'; use Eventually.");
        }
    }

    [GeneratedRegex(@"\b\w+(Manager|Helper|Helpers|Util|Utils)$|\b(class|interface|record|struct|enum)\s+\w+(Manager|Helper|Helpers|Util|Utils|Service)\b", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\b|\bTask\s*\.\s*Delay\b")]
    private static partial Regex Waiting();
}
