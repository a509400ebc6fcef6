using System.CommandLine;
using System.Text;
using System.Text.Json;
using DePin.Tools.Label;

namespace DePin.Tools.Commands;

/// <summary>depin label: makes what is printed on nodes.</summary>
internal static class LabelCommand
{
    private static readonly Option<string?> Node = new("--node") { Description = "Node id", HelpName = "ID" };
    private static readonly Option<string?> Claim = new("--claim") { Description = "Claim, as the registration answered it", HelpName = "CLAIM" };
    private static readonly Option<string?> Profile = new("--profile") { Description = "Hardware profile, such as lamp-small", HelpName = "NAME" };
    private static readonly Option<string> Host = new("--host") { Description = "Host of the page that the QR code opens, with an optional :PORT", HelpName = "HOST", Required = true };
    private static readonly Option<string?> From = new("--from") { Description = "Many labels: JSON array of {nodeId, claim, profile}; - for standard input", HelpName = "FILE.json" };
    private static readonly Option<string?> Out = new("--out") { Description = "File to write; a folder for many PNG or SVG. Text goes to the screen without it", HelpName = "FILE" };
    private static readonly Option<int?> Dpi = new("--dpi")
    {
        Description = "Dots per inch of the printer, for PNG and ZPL: 203, 300 or 600; 300 for PNG and 203 for ZPL unless given",
        HelpName = "N",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (text is "203" or "300" or "600")
            {
                return int.Parse(text);
            }

            result.AddError($"--dpi takes 203, 300 or 600, not '{text}'");
            return null;
        },
    };

    private static readonly Option<LabelSize> Size = new("--size")
    {
        Description = LabelSize.Forms,
        HelpName = "SIZE",
        DefaultValueFactory = _ => LabelSize.Roll,
        CustomParser = result =>
        {
            LabelSize? size = LabelSize.Parse(result.Tokens[0].Value);
            if (size is null)
            {
                result.AddError($"--size takes {LabelSize.Forms}, not '{result.Tokens[0].Value}'");
            }

            return size!;
        },
    };

    private static readonly Option<string> Format = new("--format") { Description = "What to make", DefaultValueFactory = _ => "text" };
    private static readonly Option<string?> Side = new("--side") { Description = "Which side; both unless given, front for text" };
    private static readonly Option<bool> Json = CommonOptions.Json("Prints what was written as one JSON object, without claims");

    public static Command Create()
    {
        Format.AcceptOnlyFromAmong("text", "png", "svg", "pdf", "zpl");
        Side.AcceptOnlyFromAmong("front", "back", "both");
        var command = new TaughtCommand(
            "label",
            "Makes labels: QR code, node id, claim and profile; the light's codes on the back.",
            "The other users of a machine can see what stands on a command line; --from - keeps claims off it. Files are written for their owner alone.\n\n"
            + "Examples:\n  tools/depin label --node KX4M-7Q2P-9ABC-DEFG --claim 0123-4567-89AB-CDEF --profile lamp-small --host fleet.example.org\n"
            + "  tools/depin label --from labels.json --host fleet.example.org --format pdf --size a4 --out labels.pdf\n"
            + "  tools/depin label --from - --host fleet.example.org --format zpl --size 50x30 --out labels.zpl < labels.json")
        {
            Node, Claim, Profile, Host, From, Format, Size, Side, Dpi, Out, Json,
        };
        command.SetAction((parsed, _) => Task.FromResult(Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        IReadOnlyList<UnitLabel> labels = Labels(parsed);
        var format = Enum.Parse<LabelFormat>(parsed.GetValue(Format)!, ignoreCase: true);
        LabelOptions usual = LabelOptions.Usual(format);
        LabelSide side = parsed.GetValue(Side) is { } name ? Enum.Parse<LabelSide>(name, ignoreCase: true) : usual.Side;
        LabelOptions options = usual with { Size = parsed.GetValue(Size)!, Side = side, DotsPerInch = parsed.GetValue(Dpi) ?? usual.DotsPerInch };
        TextWriter output = parsed.InvocationConfiguration.Output;
        IReadOnlyList<string> files;
        if (parsed.GetValue(Out) is { } path)
        {
            files = Write(labels, options, Path.GetFullPath(path));
        }
        else if (format == LabelFormat.Text && !parsed.GetValue(Json))
        {
            output.Write(Encoding.UTF8.GetString(LabelFile.Make(labels, options)));
            return 0;
        }
        else
        {
            throw CommandException.WrongInput("Say with --out where the labels should go; only text without --json goes to the screen.");
        }

        output.WriteLine(parsed.GetValue(Json)
            ? JsonSerializer.Serialize(new { labels = labels.Count, format = parsed.GetValue(Format), files }, JsonSerializerOptions.Web)
            : $"Labels: {labels.Count}, in {(files.Count == 1 ? files[0] : $"{files.Count} files below {parsed.GetValue(Out)}")}.");
        return 0;
    }

    private static IReadOnlyList<UnitLabel> Labels(ParseResult parsed)
    {
        string host = parsed.GetValue(Host)!;
        return (parsed.GetValue(From), parsed.GetValue(Node), parsed.GetValue(Claim), parsed.GetValue(Profile)) switch
        {
            ({ } from, null, null, null) => LabelList.Read(from, Console.In, host),
            (null, { } node, { } claim, { } profile) => [UnitLabel.Read(node, claim, host, profile)],
            _ => throw CommandException.WrongInput("Name either --node, --claim and --profile for one label, or --from FILE.json for many; no label was made."),
        };
    }

    private static IReadOnlyList<string> Write(IReadOnlyList<UnitLabel> labels, LabelOptions options, string path)
    {
        bool isFolder = options.IsOneLabelPerFile && (labels.Count > 1 || Directory.Exists(path));
        if (!isFolder)
        {
            LabelFile.Store(path, LabelFile.Make(labels, options));
            return [path];
        }

        // All are made before the first is written: a label that does not fit leaves nothing half done.
        (string Path, byte[] Content)[] files =
            [.. labels.Select(label => (System.IO.Path.Combine(path, $"{label.Node}.{options.Format.ToString().ToLowerInvariant()}"), LabelFile.Make([label], options)))];
        Directory.CreateDirectory(path);
        Array.ForEach(files, file => LabelFile.Store(file.Path, file.Content));
        return [.. files.Select(file => file.Path)];
    }
}
