using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DePin.Tests.Support;
using DePin.Tools;
using DePin.Tools.Commands;
using DePin.Tools.Label;

namespace DePin.Tests.Tools.Label;

/// <summary>What is printed on nodes: the same bytes each time, and read back by zbar, which nobody here wrote.</summary>
public sealed class LabelTests
{
    private const string Node = "R0G204341PT1TCCP", Claim = "0123456789ABCDEF", Host = "fleet.example.org";
    private const string Address = $"QR-Code:HTTPS://FLEET.EXAMPLE.ORG/P/{Node}/{Claim}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Text", "label.txt")]
    [InlineData("Svg", "label.svg")]
    [InlineData("Zpl", "label.zpl")]
    [InlineData("Pdf", "label.pdf")]
    public async Task A_label_is_the_golden_one(string format, string name)
    {
        string golden = Path.Combine(Checkout.Root, "tests", "Tools", "Label", "golden", name);
        byte[] made = LabelFile.Make([One()], LabelOptions.Usual(Enum.Parse<LabelFormat>(format)));
        if (!File.Exists(golden) || !(await File.ReadAllBytesAsync(golden, Cancel)).SequenceEqual(made))
        {
            string beside = Path.Combine(Path.GetTempPath(), name);
            await File.WriteAllBytesAsync(beside, made, Cancel);
            Assert.Fail($"The label is not {golden}; look at {beside}, and copy it there if the change is meant.");
        }
    }

    [Theory]
    [InlineData(203)]
    [InlineData(300)]
    [InlineData(600)]
    public async Task A_PNG_is_read_back_at_every_printer_s_dots(int dotsPerInch)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("a.png"), LabelFile.Make([One()], LabelOptions.Usual(LabelFormat.Png) with { DotsPerInch = dotsPerInch }), Cancel);
        Assert.Equal(Address, await ZbarAsync(folder.File("a.png")));
    }

    [Fact]
    public async Task SVG_PDF_and_ZPL_are_read_back_as_they_are_printed()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("a.svg"), LabelFile.Make([One()], LabelOptions.Usual(LabelFormat.Svg)), Cancel);
        await RunAsync("rsvg-convert", "-z", "4", folder.File("a.svg"), "-o", folder.File("svg.png"));
        Assert.Equal(Address, await ZbarAsync(folder.File("svg.png")));

        await File.WriteAllBytesAsync(folder.File("a.pdf"), LabelFile.Make([One()], LabelOptions.Usual(LabelFormat.Pdf)), Cancel);
        await RunAsync("pdftoppm", "-r", "300", "-png", folder.File("a.pdf"), folder.File("pdf"));
        Assert.Equal(Address, await ZbarAsync(folder.File("pdf-1.png")));

        string zpl = Encoding.ASCII.GetString(LabelFile.Make([One()], LabelOptions.Usual(LabelFormat.Zpl)));
        await File.WriteAllBytesAsync(folder.File("zpl.pbm"), Printed(zpl), Cancel);
        Assert.Equal(Address, await ZbarAsync(folder.File("zpl.pbm")));
    }

    [Fact]
    public async Task A_sheet_of_A4_holds_a_label_for_each_of_twenty_one_nodes()
    {
        using var folder = new TemporaryFolder();
        UnitLabel[] labels = [.. Enumerable.Range(0, 22).Select(i => Random(i))];
        await File.WriteAllBytesAsync(folder.File("s.pdf"), LabelFile.Make(labels, LabelOptions.Usual(LabelFormat.Pdf) with { Size = LabelSize.Parse("a4")!, Side = LabelSide.Front }), Cancel);
        await RunAsync("pdftoppm", "-r", "300", "-png", folder.File("s.pdf"), folder.File("s"));
        string[] first = (await ZbarAsync(folder.File("s-1.png"))).Split('\n');
        Assert.Equal(labels[..21].Select(label => "QR-Code:" + label.Address).Order(StringComparer.Ordinal), first.Order(StringComparer.Ordinal));
        Assert.Equal("QR-Code:" + labels[21].Address, await ZbarAsync(folder.File("s-2.png")));
    }

    [Fact]
    public async Task Whatever_the_node_and_the_claim_the_code_is_read_back()
    {
        using var folder = new TemporaryFolder();
        UnitLabel[] labels = [.. Enumerable.Range(100, 30).Select(i => Random(i))];
        foreach (UnitLabel label in labels)
        {
            await File.WriteAllBytesAsync(folder.File($"{label.Node}.png"), LabelFile.Make([label], LabelOptions.Usual(LabelFormat.Png)), Cancel);
        }

        string read = await ZbarAsync([.. labels.Select(label => folder.File($"{label.Node}.png"))]);
        Assert.Equal(labels.Select(label => "QR-Code:" + label.Address), read.Split('\n'));
    }

    [Fact]
    public async Task Many_labels_come_from_standard_input_into_files_that_only_their_owner_reads()
    {
        using var folder = new TemporaryFolder();
        string list = folder.File("labels.json");
        await File.WriteAllTextAsync(list, JsonSerializer.Serialize(Enumerable.Range(0, 3).Select(i => Random(i)).Select(label => new { nodeId = label.Node.ToString(), claim = label.Claim.ToText(), profile = "lamp-small" })), Cancel);
        (int code, string output, _) = await DepinAsync("label", "--from", list, "--host", Host, "--format", "png", "--out", folder.File("out"), "--json");
        Assert.Equal(0, code);
        string[] files = Directory.GetFiles(folder.File("out"));
        Assert.Equal(3, files.Length);
        Assert.All(files, file => Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite)));
        Assert.DoesNotContain(Random(0).Claim.ToText(), output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'short' is no node id", "--node", "short")]
    [InlineData("is none: it has 16 characters", "--claim", "secretclaim")]
    [InlineData("is no host", "--host", "https://fleet.example.org")]
    [InlineData("is no profile", "--profile", "lamp small")]
    public async Task What_is_wrong_is_one_sentence_that_never_repeats_a_claim(string sentence, string option, string value)
    {
        var given = new Dictionary<string, string> { ["--node"] = Node, ["--claim"] = Claim, ["--host"] = Host, ["--profile"] = "lamp-small", [option] = value };
        (int code, string output, string errors) = await DepinAsync(["label", .. given.SelectMany(pair => new[] { pair.Key, pair.Value })]);
        Assert.Equal(2, code);
        Assert.Contains(sentence, errors, StringComparison.Ordinal);
        Assert.DoesNotContain(given["--claim"], output + errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_list_that_names_a_node_twice_or_holds_something_else_makes_no_label()
    {
        using var folder = new TemporaryFolder();
        string item = $"{{\"nodeId\":\"{Node}\",\"claim\":\"{Claim}\",\"profile\":\"lamp-small\"}}";
        foreach (string list in (string[])[$"[{item},{item}]", "[]", "{}", "[1]", "nonsense", $"[{item.Replace("claim", "clam", StringComparison.Ordinal)}]"])
        {
            using var input = new StringReader(list);
            var refused = Assert.Throws<CommandException>(() => LabelList.Read("-", input, Host));
            Assert.DoesNotContain(Claim, refused.Message, StringComparison.Ordinal);
        }
    }

    private static UnitLabel One() => UnitLabel.Read(Node, Claim, Host, "lamp-small");

    private static UnitLabel Random(int seed)
    {
        byte[] bytes = SHA256.HashData(BitConverter.GetBytes(seed));
        return UnitLabel.Read(DePin.Contracts.Identity.NodeId.FromKeyHash(bytes).ToString(), DePin.Contracts.Pairing.Claim.FromBytes(bytes, 10).ToText(), Host, "lamp-small");
    }

    // What a printer does with the first graphic of a job: bytes a row after the third comma, then hex, a black dot for each bit.
    private static byte[] Printed(string zpl)
    {
        string[] field = zpl[(zpl.IndexOf("^GFA,", StringComparison.Ordinal) + 5)..].Split(',', 4);
        int bytesPerRow = int.Parse(field[2], System.Globalization.CultureInfo.InvariantCulture);
        string hex = string.Concat(field[3][..field[3].IndexOf('^', StringComparison.Ordinal)].Where(char.IsAsciiHexDigit));
        byte[] bits = Convert.FromHexString(hex);
        return [.. Encoding.ASCII.GetBytes($"P4\n{bytesPerRow * 8} {bits.Length / bytesPerRow}\n"), .. bits];
    }

    private static async Task<string> ZbarAsync(params string[] pictures) => (await RunAsync("zbarimg", ["-q", "--", .. pictures])).Trim();

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync(Cancel);
        string output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, $"{program}: {await errors}");
        return output;
    }

    private static async Task<(int Code, string Output, string Errors)> DepinAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (await CommandLine.RunAsync(arguments, output, errors, Cancel), output.ToString(), errors.ToString());
    }
}
