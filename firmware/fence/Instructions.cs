using Mono.Cecil;
using Mono.Cecil.Cil;

namespace DePin.Fence;

/// <summary>The instructions of one method, with what is known of the stack: which values are floating-point numbers.</summary>
internal static class Instructions
{
    public static void Check(MethodDefinition method, bool isCore, List<Finding> findings)
    {
        var stack = new Stack<bool>();
        Instruction? before = null;
        foreach (Instruction instruction in method.Body.Instructions)
        {
            Operand(instruction, isCore, method.FullName, findings);
            Rule? rule = RuleOf(instruction, before, stack);
            if (rule is { } broken)
            {
                findings.Add(new Finding(broken, method.FullName));
            }

            Advance(stack, instruction, method);
            before = instruction;
        }
    }

    private static Rule? RuleOf(Instruction instruction, Instruction? before, Stack<bool> stack)
    {
        string name = instruction.OpCode.Name;
        if (name.Contains(".ovf", StringComparison.Ordinal))
        {
            return Rule.CheckedArithmetic;
        }

        switch (instruction.OpCode.Code)
        {
            case Code.Localloc:
                return Rule.StackAllocation;
            case Code.Ldstr when ((string)instruction.Operand).Contains('\0', StringComparison.Ordinal):
                return Rule.NulInString;
            case Code.Box when ((TypeReference)instruction.Operand).Resolve()?.IsEnum == true:
                return Rule.EnumAsText;
            case Code.Conv_U1 or Code.Conv_U2 or Code.Conv_U4 or Code.Conv_U8 or Code.Conv_U when stack.TryPeek(out bool isFloat) && isFloat:
                return Rule.FloatToUnsigned;
        }

        if (instruction.Operand is not MethodReference called)
        {
            return null;
        }

        bool isOnEnum = before?.OpCode.Code == Code.Constrained && ((TypeReference)before.Operand).Resolve()?.IsEnum == true;
        if ((isOnEnum && called.Name == "ToString") || (called.DeclaringType.FullName == "System.Enum" && called.Name == "ToString"))
        {
            return Rule.EnumAsText;
        }

        return Forbidden.IsByCulture(called) ? Rule.Culture : null;
    }

    private static void Operand(Instruction instruction, bool isCore, string place, List<Finding> findings)
    {
        switch (instruction.Operand)
        {
            case TypeReference type:
                Forbidden.Type(type, isCore, place, findings);
                break;
            case FieldReference field:
                Forbidden.Type(field.DeclaringType, isCore, place, findings);
                Forbidden.Type(field.FieldType, isCore, place, findings);
                break;
            case GenericInstanceMethod:
                findings.Add(new Finding(Rule.Generic, place));
                break;
            case MethodReference called:
                Forbidden.Type(called.DeclaringType, isCore, place, findings);
                Forbidden.Type(called.ReturnType, isCore, place, findings);
                break;
        }
    }

    // Follows the code line by line: at a join both ways have left a value of one type, so the last one tells.
    private static void Advance(Stack<bool> stack, Instruction instruction, MethodDefinition method)
    {
        bool isFloat = Pushes(instruction, stack, method);
        int popped = Popped(instruction, method, stack.Count);
        for (int i = 0; i < popped && stack.Count > 0; i++)
        {
            stack.Pop();
        }

        int pushed = Pushed(instruction);
        for (int i = 0; i < pushed; i++)
        {
            stack.Push(isFloat);
        }
    }

    private static bool Pushes(Instruction instruction, Stack<bool> stack, MethodDefinition method) => instruction.OpCode.Code switch
    {
        Code.Ldc_R4 or Code.Ldc_R8 or Code.Conv_R4 or Code.Conv_R8 or Code.Conv_R_Un or Code.Ldelem_R4 or Code.Ldelem_R8 or Code.Ldind_R4 or Code.Ldind_R8 => true,
        Code.Add or Code.Sub or Code.Mul or Code.Div or Code.Rem or Code.Neg or Code.Dup => stack.TryPeek(out bool top) && top,
        Code.Call or Code.Callvirt => IsFloat(((MethodReference)instruction.Operand).ReturnType),
        Code.Ldfld or Code.Ldsfld => IsFloat(((FieldReference)instruction.Operand).FieldType),
        Code.Ldarg or Code.Ldarg_S => IsFloat(((ParameterDefinition)instruction.Operand).ParameterType),
        Code.Ldloc or Code.Ldloc_S => IsFloat(((VariableDefinition)instruction.Operand).VariableType),
        Code.Ldloc_0 or Code.Ldloc_1 or Code.Ldloc_2 or Code.Ldloc_3 => IsFloat(method.Body.Variables[instruction.OpCode.Code - Code.Ldloc_0].VariableType),
        Code.Ldarg_0 or Code.Ldarg_1 or Code.Ldarg_2 or Code.Ldarg_3 => IsFloatArgument(method, instruction.OpCode.Code - Code.Ldarg_0),
        _ => false,
    };

    private static bool IsFloatArgument(MethodDefinition method, int number)
    {
        int index = number - (method.HasThis ? 1 : 0);
        return index >= 0 && IsFloat(method.Parameters[index].ParameterType);
    }

    private static bool IsFloat(TypeReference type) => type.FullName is "System.Double" or "System.Single";

    private static int Popped(Instruction instruction, MethodDefinition method, int depth) => instruction.OpCode.StackBehaviourPop switch
    {
        StackBehaviour.Pop0 => 0,
        StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
        StackBehaviour.Pop1_pop1 or StackBehaviour.Popi_pop1 or StackBehaviour.Popi_popi or StackBehaviour.Popi_popi8 or StackBehaviour.Popi_popr4
            or StackBehaviour.Popi_popr8 or StackBehaviour.Popref_pop1 or StackBehaviour.Popref_popi => 2,
        StackBehaviour.Popi_popi_popi or StackBehaviour.Popref_popi_popi or StackBehaviour.Popref_popi_popi8 or StackBehaviour.Popref_popi_popr4
            or StackBehaviour.Popref_popi_popr8 or StackBehaviour.Popref_popi_popref => 3,
        StackBehaviour.PopAll => depth,
        _ when instruction.Operand is MethodReference called => called.Parameters.Count + (called.HasThis && instruction.OpCode.Code != Code.Newobj ? 1 : 0),
        _ => instruction.OpCode.Code == Code.Ret && method.ReturnType.FullName != "System.Void" ? 1 : 0,
    };

    private static int Pushed(Instruction instruction) => instruction.OpCode.StackBehaviourPush switch
    {
        StackBehaviour.Push0 => 0,
        StackBehaviour.Push1_push1 => 2,
        StackBehaviour.Varpush => instruction.Operand is MethodReference called && called.ReturnType.FullName != "System.Void" ? 1 : 0,
        _ => 1,
    };
}
