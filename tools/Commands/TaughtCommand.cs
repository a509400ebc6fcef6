using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DePin.Tools.Commands;

/// <summary>A command whose own help ends with examples; lists of commands show only the one line that describes it.</summary>
internal sealed class TaughtCommand(string name, string description, string examples) : Command(name, description)
{
    /// <summary>Lines to show below the usage.</summary>
    public string Examples { get; } = examples;

    /// <summary>Lets --help show the examples.</summary>
    public static void Teach(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().First();
        help.Action = new Help((HelpAction)help.Action!);
    }

    private sealed class Help(HelpAction usual) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int code = usual.Invoke(parseResult);
            if (parseResult.CommandResult.Command is TaughtCommand taught)
            {
                parseResult.InvocationConfiguration.Output.WriteLine(taught.Examples);
                parseResult.InvocationConfiguration.Output.WriteLine();
            }

            return code;
        }
    }
}
