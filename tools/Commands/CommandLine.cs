using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace DePin.Tools.Commands;

/// <summary>The whole command line, and how its errors look: one sentence on stderr, exit code 2 for wrong input.</summary>
internal static class CommandLine
{
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Shows where in the program an unexpected failure came from", Recursive = true };

    /// <summary>Runs one command.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        ParseResult parsed = Root().Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            await errors.WriteLineAsync($"{OneSentence(parsed)} See '{HelpFor(parsed)}'.");
            return 2;
        }

        if (WithoutValue(parsed) is { } sentence)
        {
            await errors.WriteLineAsync($"{sentence} See '{HelpFor(parsed)}'.");
            return 2;
        }

        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = output,
                Error = errors,
                EnableDefaultExceptionHandler = false,
                // Signals are Program's; a drain may take longer than the library would wait.
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (CommandException problem)
        {
            await errors.WriteLineAsync(problem.Message);
            return problem.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await errors.WriteLineAsync("Stopped before the end; what was stored is kept.");
            return 130;
        }
        catch (Exception problem)
        {
            bool isTraced = parsed.GetValue(Verbose);
            await errors.WriteLineAsync(isTraced ? problem.ToString() : Unexpected(parsed, problem));
            return 1;
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand(
            "Lamps earn credit: runs, watches and tests the fleet on this machine.\n\nBegin with:\n"
            + "  tools/run              a backend and 12 virtual nodes, 300 times faster than life\n"
            + "  tools/depin summary    the fleet in figures, from another terminal")
        {
            RunCommand.Create(),
            SimulateCommand.Create(),
            RegisterCommand.Create(),
            PurchaseCommand.Create(),
            FlashCommand.Create(),
            BoardCommand.Create(),
            LabelCommand.Create(),
            ReleaseCommand.Create(), SettingsCommand.Create(),
            RolloutCommand.Create(),
            UpdatesCommand.Create(),
            SummaryCommand.Create(),
            StatementCommand.Create(),
            ExportCommand.Create(),
            VerifyCommand.CreateEvidence(),
            VerifyCommand.CreateVerify(),
            SeasonCommand.Create(),
            RebuildCommand.Create(),
            BackupCommand.CreateBackup(),
            BackupCommand.CreateRestore(),
            MoveCommand.Create(),
            ArchiveCommand.Create(),
            BenchCommand.Create(),
            CrashCommand.Create(),
            ChaosCommand.Create(),
            PowerCutCommand.Create(),
            FuzzCommand.Create(),
            VectorsCommand.Create(),
            ProfileCommand.Create(),
            BundleCommand.Create(),
            Verbose,
        };
        TaughtCommand.Teach(root);
        return root;
    }

    private static string OneSentence(ParseResult parsed)
    {
        // What was written wrong says more than what is missing because of it.
        if (parsed.UnmatchedTokens.Count > 0)
        {
            return $"'{parsed.UnmatchedTokens[0]}' is no command or option here.";
        }

        string first = parsed.Errors[0].Message.Trim();
        return first.EndsWith('.') ? first : first + ".";
    }

    // An option that was forgotten its value would take the next option's name for it.
    private static string? WithoutValue(ParseResult parsed) => parsed.CommandResult.Children.OfType<OptionResult>()
        .SelectMany(given => given.Tokens, (given, token) => (given.Option.Name, token.Value))
        .Where(given => parsed.CommandResult.Command.Options.Concat(parsed.RootCommandResult.Command.Options).Any(option => option.Name == given.Value))
        .Select(given => $"{given.Name} has no value: '{given.Value}' is an option.").FirstOrDefault();

    // A disk, a port or a file of the machine's is what mostly stands in the way; its own words come first.
    private static string Unexpected(ParseResult parsed, Exception problem)
    {
        string said = string.Join(' ', problem.Message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).TrimEnd('.');
        string what = problem is IOException or UnauthorizedAccessException ? said : $"{said} ({problem.GetType().Name})";
        return $"'{NameOf(parsed)}' failed: {what}. Put that right and run it again; with --verbose it shows where it happened.";
    }

    private static string HelpFor(ParseResult parsed) => NameOf(parsed) + " --help";

    private static string NameOf(ParseResult parsed)
    {
        var names = new List<string>();
        for (SymbolResult? symbol = parsed.CommandResult; symbol is CommandResult command; symbol = symbol.Parent)
        {
            names.Insert(0, command.Command is RootCommand ? "tools/depin" : command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
