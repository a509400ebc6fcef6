using System.Text.Json.Serialization;

namespace DePin.Tools.Flash;

/// <summary>How one board ended.</summary>
/// <param name="Port">The port it was on.</param>
/// <param name="State">done, notHeard or failed; while it runs the step's name.</param>
/// <param name="Chip">Name of the chip; null before it answered.</param>
/// <param name="Serial">The board's serial number.</param>
/// <param name="NodeId">The node's id.</param>
/// <param name="Label">The label's file; null where none was written.</param>
/// <param name="Seconds">Time from the first step to the last, the flashing program's included.</param>
/// <param name="FlashingProgramSeconds">The flashing program's own time in it.</param>
/// <param name="Step">The step that failed; null where none did.</param>
/// <param name="ExitCode">0, or the step's.</param>
/// <param name="Message">What happened, what was kept, what to do next; null where all is well.</param>
/// <param name="Notice">What is worth knowing and no fault.</param>
/// <param name="Progress">What the flashing program says now.</param>
internal sealed record FlashResult(
    string Port,
    string State,
    string? Chip = null,
    string? Serial = null,
    string? NodeId = null,
    string? Label = null,
    double Seconds = 0,
    double FlashingProgramSeconds = 0,
    string? Step = null,
    int ExitCode = 0,
    string? Message = null,
    string? Notice = null,
    [property: JsonIgnore] string? Progress = null)
{
    public const string Done = "done";
    public const string NotHeard = "notHeard";
    public const string Failed = "failed";
}
