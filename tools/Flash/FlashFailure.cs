using DePin.Tools.Api;

namespace DePin.Tools.Flash;

/// <summary>What a failure in a step means to the person at the bench.</summary>
internal static class FlashFailure
{
    /// <summary>The step's name in tables and JSON, such as firstStatus.</summary>
    public static string NameOf(FlashStep step)
    {
        string name = step.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>The failure in words.</summary>
    public static FlashException Of(FlashStep step, Exception problem, Uri backend) => problem switch
    {
        BoardRefusalException => new FlashException(step, $"At {NameOf(step)} {problem.Message}. What was done before is kept.", problem),
        RegistrationRefusedException refused => new FlashException(step, $"The backend refuses this board: {refused.Refusal}. {refused.Message} {Advice(refused.Refusal)}", problem),
        HttpRequestException { StatusCode: { } status } => new FlashException(step, $"The backend {backend} answered {(int)status}: {problem.Message.TrimEnd('.')}. The board keeps its identity; put that right and run this again.", problem),
        HttpRequestException => new FlashException(step, $"The backend {backend} does not answer ({problem.Message.TrimEnd('.')}); the board keeps its identity, and running this again goes on from here.", problem),
        IOException or UnauthorizedAccessException when step == FlashStep.Port => new FlashException(step, $"The port does not open: {problem.Message.TrimEnd('.')}. Close other programs that use it; on Linux your user has to be in the group 'dialout'.", problem),
        IOException or UnauthorizedAccessException when step == FlashStep.Label => new FlashException(step, $"The label could not be written ({problem.Message.TrimEnd('.')}); the node is registered and was heard. Put that right and run this again: it gets a new claim.", problem),
        IOException => new FlashException(step, $"The line to the board was lost at {NameOf(step)} ({problem.Message.TrimEnd('.')}); what the board and the backend have is kept. Put the cable in again and run this again.", problem),
        _ => new FlashException(step, $"{problem.Message.TrimEnd('.')} ({problem.GetType().Name}). What was done before is kept; run this again.", problem),
    };

    private static string Advice(string refusal) => refusal switch
    {
        "runUnknown" => "A manager has to record the purchase first: name the run with --run.",
        "runFull" => "As many boards are registered as were bought; a manager has to look at this.",
        "priceAboveCeiling" => "The purchase's price is above the profile's ceiling; a manager has to look at this.",
        "keySeenBefore" => "This key was registered with other content. Set the board aside.",
        "serialSeenBefore" => "A board of this serial number was registered with another key: --repair NODEID makes a successor of it.",
        "scrapped" => "This node was scrapped and does not come back: --scrap the board, then flash it anew.",
        _ => "Set the board aside and ask a manager.",
    };
}
