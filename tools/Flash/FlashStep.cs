namespace DePin.Tools.Flash;

/// <summary>The steps of flashing a board, in their order. A step that fails ends the program with 10 and its number.</summary>
internal enum FlashStep
{
    /// <summary>The port is found and opens.</summary>
    Port = 0,

    /// <summary>nanoff puts the CLR on.</summary>
    Clr = 1,

    /// <summary>nanoff puts the deployment image on.</summary>
    Deploy = 2,

    /// <summary>The board says who it is.</summary>
    Handshake = 3,

    /// <summary>The board measures itself, with a known load where there is one.</summary>
    SelfTest = 4,

    /// <summary>The board takes its settings, and makes or proves its identity.</summary>
    Identity = 5,

    /// <summary>The backend registers the node.</summary>
    Register = 6,

    /// <summary>After a restart the same node answers, and its flash holds what was written.</summary>
    ReadBack = 7,

    /// <summary>The board is on a Wi-Fi network.</summary>
    WiFi = 8,

    /// <summary>The backend has heard the node.</summary>
    FirstStatus = 9,

    /// <summary>The label is written.</summary>
    Label = 10,
}

/// <summary>A step that did not end well: what happened, what was kept, what to do next, in one text.</summary>
internal sealed class FlashException(FlashStep step, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Exit code of a batch in which some boards are not done.</summary>
    public const int SomeBoards = 30;

    private const int FirstExitCode = 10;

    public FlashStep Step { get; } = step;

    /// <summary>The program's exit code for this step.</summary>
    public int ExitCode => CodeOf(Step);

    /// <summary>Whether the board is registered and only not heard yet: it can go on elsewhere.</summary>
    public bool IsNotHeard => Step is FlashStep.WiFi or FlashStep.FirstStatus;

    public static int CodeOf(FlashStep step) => FirstExitCode + (int)step;
}
