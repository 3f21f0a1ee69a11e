//! The form of an operation: its fields, and what it would bring.

use icpulse_engine::action::{Fact, Field, Operation};
use icpulse_model::NeuronKey;
use icpulse_model::act::Intent;
use icpulse_model::text::Line;
use tui_input::Input;

#[derive(Clone, Debug)]
pub struct OperationForm {
    pub operation: &'static Operation,
    pub neurons: Vec<NeuronKey>,
    /// Its fields, in order.
    pub fields: Vec<FormField>,
    /// The field that has the keyboard.
    pub cursor: usize,
    /// What is asked for, when everything is right.
    pub intent: Option<Intent>,
    /// What it would bring.
    pub preview: Vec<Fact>,
}

#[derive(Clone, Debug)]
pub struct FormField {
    /// Which argument.
    pub field: &'static Field,
    /// What was typed or chosen.
    pub input: Input,
    /// What the form filled in by itself; a field that still says so follows the other fields.
    pub started: String,
    /// It was filled in and not edited yet: typing replaces it.
    pub is_prefilled: bool,
    /// What was chosen, in words.
    pub label: Option<Line>,
    /// What is wrong with it; `None` also while nothing was typed.
    pub error: Option<Line>,
}

impl OperationForm {
    /// The field that has the keyboard.
    pub fn current(&self) -> Option<&FormField> {
        self.fields.get(self.cursor)
    }

    /// Whether typed characters go into the field.
    pub fn takes_text(&self) -> bool {
        self.current().is_some_and(|f| f.field.is_typed())
    }

    /// The field's line of text.
    pub fn input(&mut self) -> Option<&mut Input> {
        self.fields.get_mut(self.cursor).filter(|f| f.field.is_typed()).map(|f| &mut f.input)
    }

    /// Prepares the field for an edit: what was filled in gives way to what is typed or pasted, and stays
    /// where the cursor moves in it.
    pub fn begin_edit(&mut self, inserts: bool) {
        if let Some(field) = self.fields.get_mut(self.cursor).filter(|f| f.field.is_typed() && f.is_prefilled)
        {
            field.is_prefilled = false;
            if inserts {
                field.input.reset();
            }
        }
    }

    /// Whether Enter leads to a list of choices.
    pub fn is_choice(&self) -> bool {
        self.current().is_some_and(|f| f.field.has_long_list())
    }
}
